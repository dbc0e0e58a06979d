import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** A browser and a server have to start, on machines that are busy. */
export default mergeConfig(shared, {
  test: { testTimeout: 180_000, fileParallelism: false },
});
