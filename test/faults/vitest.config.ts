import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** Many rounds of many jobs. */
export default mergeConfig(shared, {
  // Tests that say so run beside each other: as many as the smallest machine has processors.
  test: { testTimeout: 900_000, fileParallelism: false, maxConcurrency: 2 },
});
