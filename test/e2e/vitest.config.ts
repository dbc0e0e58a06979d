import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** Processes have to start, and clips to be decoded, on machines that are busy. */
export default mergeConfig(shared, {
  test: { fileParallelism: false },
});
