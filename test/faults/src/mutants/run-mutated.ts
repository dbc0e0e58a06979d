import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
/** How long a test file may take, in milliseconds: a bug may make it hang. */
const LONGEST_MS = 120_000;

/** What one test had to say. */
export interface Verdict {
  /** `absent` when there is no such test, or its file could not be run. */
  readonly status: 'passed' | 'failed' | 'absent';
  /** What it said when it failed. */
  readonly words: string;
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs the test that has to catch `mutant`, with the bug planted, in a process of its own. Without it, the test's own lane runs it. */
export async function runMutated(mutant: Mutant): Promise<Verdict> {
  const { test } = mutant.caughtBy;
  const folder = await mkdtemp(join(tmpdir(), 'leveret-mutant-'));
  const report = join(folder, 'report.json');
  try {
    await run(report, mutant);
    return verdictOn(test, JSON.parse(await readFile(report, 'utf8')) as Report);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves when the run is over, whatever came of it: its report tells. */
async function run(report: string, mutant: Mutant): Promise<void> {
  const args = [
    ...['node_modules/vitest/vitest.mjs', 'run', '--config=test/faults/mutated/vitest.config.ts'],
    ...[
      '--reporter=json',
      `--outputFile.json=${report}`,
      `--testNamePattern=${testNamePattern(mutant.caughtBy.test)}`,
    ],
  ];
  const env = { ...process.env, LEVERET_MUTANT: JSON.stringify(mutant) };
  const options = { cwd: root, env, timeout: LONGEST_MS };
  await new Promise<void>((resolve) => {
    execFile(process.execPath, args, options, () => resolve());
  });
}

function verdictOn(test: string, { testResults }: Report): Verdict {
  const results = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName, status }) => fullName.endsWith(test) && /passed|failed/.test(status));
  const [result] = results;
  if (result === undefined || results.length !== 1) return { status: 'absent', words: '' };
  return {
    status: result.status === 'passed' ? 'passed' : 'failed',
    words: result.failureMessages.join('\n').split('\n')[0] ?? '',
  };
}

function testNamePattern(name: string): string {
  return `${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
}
