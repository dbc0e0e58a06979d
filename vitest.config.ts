import { defineConfig } from 'vitest/config';

/** The unit tests and contract kits of all libraries and applications. What needs several processes is in `test`. */
export default defineConfig({ test: { projects: ['libs/*', 'apps/*'] } });
