import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** A browser has to start, and the page has to be built, on machines that are busy. */
export default mergeConfig(shared, {
  test: { testTimeout: 180_000, fileParallelism: false, globalSetup: 'src/build-page.ts' },
});
