import { defineConfig } from 'vitest/config';

/** What needs several processes: one project for each folder. */
export default defineConfig({ test: { projects: ['test/*/vitest.config.ts'] } });
