import { defineConfig } from 'vitest/config';

/**
 * The unit tests and contract kits of all libraries and applications. What needs several processes is in `test`. Most of their time they
 * wait for a broker: on a machine with two processors, Vitest would have one file at a time.
 */
export default defineConfig({ test: { projects: ['libs/*', 'apps/*'], maxWorkers: 2 } });
