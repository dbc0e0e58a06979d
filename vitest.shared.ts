import { defineConfig, mergeConfig } from 'vitest/config';

// Never list 'module' here: it selects bundler-only ESM of some packages that Node cannot load.
const conditions = ['@leveret/source', 'node', 'development|production'];

const typescript = new URL('./test/typescript.mjs', import.meta.url).href;

/** Tests read the sources of every library, in processes whose children and threads do the same. */
export const shared = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['@leveret/source', 'node', 'module-sync'] } },
  test: {
    // Compiled once, for each step of a lane and each version of Node: by content, in node_modules.
    experimental: { fsModuleCache: true },
    environment: 'node',
    pool: 'forks',
    execArgv: ['--conditions=@leveret/source', '--import', typescript],
    include: ['src/**/*.test.ts'],
    passWithNoTests: true,
    // No test measures time by these: they only end what hangs, on machines that are busy.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
});

/**
 * For libraries and applications: the files of a project share a process, because most small files take longer to load their modules than to run.
 * So a test must leave nothing behind: no changed module, no environment, no listener.
 */
export const units = mergeConfig(shared, { test: { isolate: false } });
