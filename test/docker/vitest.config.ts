import { mergeConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

/** Scripts are run as processes, on machines that are busy. */
export default mergeConfig(shared, { test: { testTimeout: 30_000 } });
