import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vitest/config';
import { shared } from '../../../vitest.shared.ts';
import { type Mutant, plant } from '../src/mutants/mutant.ts';

/** Runs one test file with one bug planted; `run-mutated.ts` says which. Nothing is changed on disk. */
const root = fileURLToPath(new URL('../../..', import.meta.url));
const mutant = JSON.parse(process.env['LEVERET_MUTANT'] ?? '{}') as Mutant;

const planting = {
  name: 'leveret-mutant',
  enforce: 'pre' as const,
  load(id: string) {
    const path = id.split('?')[0] ?? id;
    return path === `${root}${mutant.file}` ? plant(mutant, readFileSync(path, 'utf8')) : undefined;
  },
};

export default mergeConfig(shared, {
  root,
  plugins: [planting],
  // A bug that makes a test wait for ever is noticed too, and soon: here, tests are expected to fail.
  test: {
    include: [mutant.caughtBy.file],
    testTimeout: 10_000,
    expect: { poll: { timeout: 2_000 } },
    // The cache goes by what is on disk: it has the file without the bug, and must not get it with the bug.
    experimental: { fsModuleCache: false },
  },
});
