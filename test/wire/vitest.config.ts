import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** Processes have to start, and messages to wait their time, on machines that are busy. */
export default mergeConfig(shared, {
  test: { fileParallelism: false },
});
