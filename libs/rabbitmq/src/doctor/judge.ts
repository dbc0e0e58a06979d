import type { Finding } from './checks.ts';
import { judgeAccess } from './judge-access.ts';
import { judgeContents } from './judge-contents.ts';
import { judgePolicies } from './judge-policies.ts';
import { judgeServer } from './judge-server.ts';
import { judgeTopology } from './judge-topology.ts';
import type { Picture } from './picture.ts';

/** Everything that the picture of a broker tells, good and bad. */
export function judge(picture: Picture): readonly Finding[] {
  return [
    ...judgeServer(picture),
    ...judgeTopology(picture),
    ...judgePolicies(picture),
    ...judgeAccess(picture),
    ...judgeContents(picture),
  ];
}
