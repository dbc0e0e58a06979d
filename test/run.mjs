import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, ensureInstalled, requireNode, root } from '../apps/standalone/install.mjs';

// Runs one lane of tests on a machine that has nothing but Node: `node test/run.mjs [lane]`. The last line is the sum.

/** Steps of each lane. What needs several processes runs file by file. */
const LANES = {
  default: [
    { title: 'libraries and applications', config: 'vitest.config.ts', projects: [] },
    {
      title: 'structure, processes and packages',
      config: 'test/vitest.config.ts',
      projects: ['architecture', 'e2e', 'packed'],
    },
  ],
  faults: [{ title: 'faults', config: 'test/vitest.config.ts', projects: ['faults'] }],
  browser: [{ title: 'browser', config: 'test/vitest.config.ts', projects: ['browser'] }],
};
/** Applications that tests start as processes. */
const APPLICATIONS = ['apps/standalone', 'apps/cli', 'libs/testing'];

const [first = 'default', second] = process.argv.slice(2);
if (first === '--inside') finish(runLane(second));
else startLane(first);

/** Prepares everything, then runs the lane with a RabbitMQ around it. */
function startLane(lane) {
  if (!(lane in LANES))
    finish({
      passed: 0,
      failed: 1,
      words: `there is no lane "${lane}"; there are: ${Object.keys(LANES).join(', ')}`,
    });
  requireNode();
  ensureInstalled({ dev: true });
  for (const application of APPLICATIONS) build(application);
  const launcher = [
    '--conditions=@leveret/source',
    '--import',
    'tsx',
    'libs/testing/src/rabbitmq/main.ts',
    '--',
  ];
  const inside = [process.execPath, 'test/run.mjs', '--inside', lane];
  const { status } = spawnSync(process.execPath, [...launcher, ...inside], { cwd: root, stdio: 'inherit' });
  process.exit(status ?? 1);
}

function runLane(lane) {
  const sum = { passed: 0, failed: 0, skipped: [] };
  for (const step of LANES[lane]) {
    process.stdout.write(`\n== ${step.title}\n`);
    const outcome = runStep(step);
    sum.passed += outcome.passed;
    sum.failed += outcome.failed;
    sum.skipped.push(...outcome.skipped);
  }
  return sum;
}

function runStep({ config, projects }) {
  const folder = mkdtempSync(join(tmpdir(), 'leveret-tests-'));
  const report = join(folder, 'report.json');
  const args = [
    ...['node_modules/vitest/vitest.mjs', 'run', `--config=${config}`],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ...projects.map((project) => `--project=@leveret/${project}`),
    ...(projects.length > 0 ? ['--no-file-parallelism'] : []),
  ];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const outcome = readReport(report);
  rmSync(folder, { recursive: true, force: true });
  // A run can fail without a failing test: a file that cannot be loaded, an error that nobody caught.
  return status !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
}

function readReport(path) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(path, 'utf8'));
    const skipped = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => fullName);
    return { passed: numPassedTests, failed: numFailedTests, skipped };
  } catch (error) {
    process.stderr.write(`There is no report of the tests: ${error.message}\n`);
    return { passed: 0, failed: 1, skipped: [] };
  }
}

function finish({ passed, failed, skipped = [], words }) {
  if (words !== undefined) process.stderr.write(`${words}\n`);
  for (const name of skipped) process.stdout.write(`SKIPPED: ${name}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 ? 0 : 1);
}
