import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** Many rounds of many jobs. */
export default mergeConfig(shared, {
  test: { testTimeout: 900_000, hookTimeout: 60_000, fileParallelism: false },
});
