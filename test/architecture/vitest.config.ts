import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** Linters and compilers read the whole project. */
export default mergeConfig(shared, { test: { testTimeout: 180_000, hookTimeout: 180_000 } });
