import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** Processes have to start, and clips to be decoded, on machines that are busy. */
export default mergeConfig(shared, {
  // Tests that say so run beside each other: as many as the smallest machine has processors.
  test: { fileParallelism: false, maxConcurrency: 2 },
});
