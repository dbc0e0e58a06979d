import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** Most of the time of this lane is that of its measurements: the ledger is filled, and what has to stay as it is is watched for half an hour. */
export default mergeConfig(shared, {
  test: { testTimeout: 14_400_000, hookTimeout: 3_600_000, fileParallelism: false },
});
