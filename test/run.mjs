import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { build, ensureInstalled, requireNode } from '../apps/standalone/install.mjs';
import { otherNodes } from './nodes.mjs';
import { isInterrupted, runNode, withBroker } from './run-node.mjs';

// Runs one lane of checks on a machine that has nothing but Node: `node test/run.mjs [lane]`. The last line is the sum.

/** Three brokers and what may happen to them: minutes of work for several processors. */
const CLUSTER_TESTS = 'src/cluster.test.ts';
/** Faults that measure what a second file beside them would change. The others leave far more time than they take on a busy machine. */
const LONE_FAULTS = ['poison', 'worker-killed'].map((name) => `src/${name}.test.ts`);
/** Tests that take most of their time for a broker, a disk, a decoder, hashes of passwords or random requests. The version of Node makes no difference to those: they run on one. */
const LONG_UNITS = [
  ...['contract', 'own-node', 'topology', 'doctor', 'recovery', 'slow-answers', 'bad-input'],
  ...['ledger-claim', 'namespaces', 'permissions', 'live-channel', 'event-recording', '*-taking', 'delays'],
  ...['faults', 'full-disk', 'file-guard', 'migration', 'bulk-work'],
  ...['sample-media', 'hostile.sample'],
  ...['account-access', 'account-routes', 'ended-access', 'access/routes', 'openapi', 'fingerprint'],
];
/** Folders of browser tests with a broker, an API process and workers: each file keeps both processors busy. */
const WHOLE_PRODUCT = ['incident', 'traps', 'walk'];
/** Of the units. What needs several processes has another one, and runs file by file. */
const UNITS = 'vitest.config.ts';
/** Steps of each lane. */
const LANES = {
  default: {
    programs: ['ffmpeg'],
    steps: [
      { title: 'libraries and applications', config: UNITS, projects: [] },
      {
        title: 'structure, documents and packages',
        config: 'test/vitest.config.ts',
        projects: ['architecture', 'docker', 'wire', 'packed'],
        filesAtATime: 2,
      },
      {
        title: 'processes',
        config: 'test/vitest.config.ts',
        projects: ['e2e'],
        filesAtATime: 2,
      },
    ],
  },
  faults: {
    // Whatever broker the others use: some tests do harm to one of their own.
    programs: ['rabbitmq-server'],
    steps: [
      {
        title: 'faults, one file after the other',
        config: 'test/vitest.config.ts',
        projects: ['faults'],
        options: LONE_FAULTS,
      },
      {
        title: 'faults, two files at a time',
        config: 'test/vitest.config.ts',
        projects: ['faults'],
        options: [CLUSTER_TESTS, ...LONE_FAULTS].map((file) => `--exclude=${file}`),
        filesAtATime: 2,
      },
    ],
  },
  cluster: {
    programs: ['rabbitmq-server'],
    steps: [
      {
        title: 'a cluster of brokers',
        config: 'test/vitest.config.ts',
        projects: ['faults'],
        options: [CLUSTER_TESTS],
      },
    ],
  },
  nodes: {
    programs: ['ffmpeg'],
    isForOtherNodes: true,
    steps: [
      {
        title: 'libraries and applications',
        config: UNITS,
        projects: [],
        options: LONG_UNITS.map((name) => `--exclude=**/${name}.test.ts`),
      },
    ],
  },
  browser: {
    programs: ['chromium'],
    steps: [
      { title: 'the upload page', config: 'test/vitest.config.ts', projects: ['browser'] },
      {
        title: 'pages of the dashboard',
        config: 'test/vitest.config.ts',
        projects: ['dashboard-pages'],
        options: WHOLE_PRODUCT.map((folder) => `--exclude=**/${folder}/**`),
        filesAtATime: 2,
      },
      {
        title: 'the whole product',
        config: 'test/vitest.config.ts',
        projects: ['dashboard-pages'],
        options: WHOLE_PRODUCT.map((folder) => `src/${folder}/`),
      },
    ],
  },
  scale: {
    programs: ['chromium'],
    steps: [{ title: 'a ledger of a million jobs', config: 'test/vitest.config.ts', projects: ['scale'] }],
  },
};
/** What has to be compiled before tests start it as a process, or pack it. */
const COMPILED = ['apps/standalone', 'apps/cli', 'libs/testing'];
/** Checks of the lane `lint`: what each is called, and the command behind Node's. Two run at a time; the first takes the longest. */
const LINTERS = [
  ['promises, catches, any, time, chance and environment', ['node_modules/eslint/bin/eslint.js', '.']],
  ['form and common mistakes', ['node_modules/@biomejs/biome/bin/biome', 'check', '.']],
  ['types, of tests too', ['node_modules/typescript-native/bin/tsc', '-p', 'test/tsconfig.json']],
  [
    'types of the dashboard',
    ['node_modules/typescript-native/bin/tsc', '-p', 'apps/dashboard/tsconfig.json'],
  ],
  [
    'boundaries and cycles',
    [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      '--config=.dependency-cruiser.cjs',
      'libs',
      'apps',
      'test',
    ],
  ],
  ['what nobody uses', ['node_modules/knip/bin/knip.js']],
];

const [first = 'default', second] = process.argv.slice(2);
if (first === '--inside') finish(await runLane(second));
else if (first === 'lint') finish(await lint());
else await startLane(first);

/** Prepares everything, then runs the lane with a RabbitMQ around it. */
async function startLane(lane) {
  if (!Object.hasOwn(LANES, lane)) {
    process.stderr.write(`there is no lane "${lane}"; there are: lint, ${Object.keys(LANES).join(', ')}\n`);
    return finish({ passed: 0, failed: 1 });
  }
  requireNode();
  ensureInstalled({ dev: true });
  for (const project of COMPILED) build(project);
  const inside = ['test/run.mjs', '--inside', lane];
  process.exit(await runNode(withBroker(inside, LANES[lane].programs)));
}

async function runLane(lane) {
  const { steps, isForOtherNodes = false } = LANES[lane];
  if (!isForOtherNodes) return await runAll(steps.map((step) => () => runStep(step)));
  return await runAll(otherNodes().flatMap((node) => stepsOn(node, steps)));
}

async function runAll(runs) {
  const sum = { passed: 0, failed: 0, skipped: [] };
  for (const run of runs) {
    const outcome = await run();
    sum.passed += outcome.passed;
    sum.failed += outcome.failed;
    sum.skipped.push(...outcome.skipped);
  }
  return sum;
}

/** The steps on another Node, and the main job. */
function stepsOn({ major, program }, steps) {
  const name = `Node ${major}`;
  if (program === undefined) return [() => ({ passed: 0, failed: 0, skipped: [name] })];
  // Programs that tests start by name are of the same version.
  const env = { ...process.env, PATH: [dirname(program), process.env.PATH].join(delimiter) };
  const on = { program, env };
  return [
    ...steps.map((step) => () => runStep({ ...step, title: `${step.title}, on ${name}` }, on)),
    () => runMainJob(`npm start -- --once, on ${name}`, on),
  ];
}

/** What npm does for `npm start -- --once`, in a data folder of its own. */
async function runMainJob(title, { program, env }) {
  const folder = mkdtempSync(join(tmpdir(), 'leveret-main-job-'));
  const settings = { PATH: env.PATH, HOME: env.HOME, LEVERET_DATA_DIR: folder, PORT: '0' };
  const code = await runNode(['apps/standalone/bootstrap.mjs', '--once'], title, { program, env: settings });
  rmSync(folder, { recursive: true, force: true });
  if (isInterrupted(code)) process.exit(code);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
}

async function runStep({ title, config, projects, options = [], filesAtATime = 1 }, on) {
  const folder = mkdtempSync(join(tmpdir(), 'leveret-tests-'));
  const report = join(folder, 'report.json');
  const command = [
    ...['node_modules/vitest/vitest.mjs', 'run', `--config=${config}`],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ...projects.map((project) => `--project=@leveret/${project}`),
    ...(config === UNITS ? [] : filesAtATimeOptions(filesAtATime)),
    ...options,
  ];
  const code = await runNode(command, title, on);
  if (isInterrupted(code)) {
    rmSync(folder, { recursive: true, force: true });
    process.exit(code);
  }
  const outcome = readReport(report);
  rmSync(folder, { recursive: true, force: true });
  // A run can fail without a failing test: a file that cannot be loaded, an error that nobody caught.
  return code !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
}

function filesAtATimeOptions(count) {
  return count === 1 ? ['--no-file-parallelism'] : ['--file-parallelism', `--maxWorkers=${count}`];
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

async function lint() {
  requireNode();
  ensureInstalled({ dev: true });
  const sum = { passed: 0, failed: 0 };
  const waiting = [...LINTERS];
  const runWaiting = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [title, command] = next;
      const code = await runNode(command, title, { isAside: true });
      if (isInterrupted(code)) process.exit(code);
      if (code === 0) sum.passed += 1;
      else sum.failed += 1;
    }
  };
  await Promise.all([runWaiting(), runWaiting()]);
  return sum;
}

function finish({ passed, failed, skipped = [] }) {
  for (const name of skipped) process.stdout.write(`SKIPPED: ${name}\n`);
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 ? 0 : 1);
}
