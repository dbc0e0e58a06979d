import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** The libraries are packed once, for all files. Installing waits for a registry, on machines that are busy. */
export default mergeConfig(shared, {
  test: { globalSetup: 'src/pack-libraries.ts', testTimeout: 180_000, hookTimeout: 180_000 },
});
