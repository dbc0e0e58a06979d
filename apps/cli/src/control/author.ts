import { hostname, userInfo } from 'node:os';
import type { ControlAuthor } from '@leveret/core';

/** Who runs this command, as the ledger keeps it: user and host, such as `root@web-1`. */
export function authorOf(reason: string | undefined): ControlAuthor {
  return { by: `${userName()}@${hostname()}`, ...(reason === undefined ? {} : { reason }) };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name there.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
