import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type BlankProject, createBlankProject } from './blank-project.ts';
import { projectRoot } from './libraries.ts';
import { readQuickStart } from './readme.ts';
import { COMPILERS, compile, RESOLUTIONS, typeCheck } from './type-check.ts';

const quickStart = readQuickStart();
/** What else users write. */
const fixtures = {
  userTypes: new URL('../fixtures/user-types.mts', import.meta.url),
  enqueueOnly: new URL('../fixtures/enqueue-only.mts', import.meta.url),
  ownProcess: new URL('../fixtures/own-process.mts', import.meta.url),
  shoutHandler: new URL('../fixtures/shout-handler.mts', import.meta.url),
};
const files = [quickStart.fileName, ...Object.values(fixtures).map((url) => posix.basename(url.pathname))];

let project: BlankProject;
beforeAll(async () => {
  // The catalog of jobs is for those who enqueue what others work on; the compiler wants to know Node.
  const packages = [...quickStart.packages, '@leveret/jobs', '@types/node'];
  const [workshop, packed] = [inject('workshop'), inject('packedLibraries')];
  project = await createBlankProject({ workshop, packages, packed });
  await project.write(quickStart.fileName, quickStart.code);
  for (const fixture of Object.values(fixtures)) await project.add(fixture);
  await compile(project.path, files);
});

/** Runs the quick start once. It greets at the second attempt; when exactly its receipt is there is open. */
async function expectGreeting(
  args: readonly string[],
  env: Readonly<Record<string, string>> = { AMQP_URL: '' },
): Promise<void> {
  const { code, stdout, stderr } = await project.run(args, env);
  const lines = stdout.trimEnd().split('\n');
  const receipts = lines.filter((line) => line.startsWith('Enqueued '));

  // The attempt that failed is reported, with its stack.
  expect(stderr.split('\n').filter((line) => /^\S/.test(line))).toEqual([
    expect.stringMatching(/ WARN {2}attempt failed .* attempt=1 .* reason="no luck"$/),
  ]);
  expect(lines.filter((line) => !receipts.includes(line))).toEqual([
    'Attempt 1 of 18',
    'Attempt 2 of 18',
    'Hello, Ada!',
  ]);
  expect(receipts).toEqual([expect.stringMatching(/^Enqueued [0-9a-f-]{36}$/)]);
  expect(code).toBe(0);
}

/** What plain Node is told to run a source once it is compiled. */
function compiled(source: string): readonly string[] {
  return [`dist/${source.replace(/\.mts$/, '.mjs')}`];
}

describe('the quick start of the README', () => {
  test('is about thirty lines of code', () => {
    const code = quickStart.code.split('\n').filter((line) => line.trim() !== '' && !/^\s*\/\//.test(line));

    expect(code.length).toBeLessThanOrEqual(35);
  });

  test('runs as it says, ends by itself, and leaves nothing to do for a second run, compiled', async () => {
    await expectGreeting([join(projectRoot, 'node_modules/tsx/dist/cli.mjs'), quickStart.fileName]);
    await expectGreeting(compiled(quickStart.fileName));

    // No log beside the file: it was closed in good order.
    const left = await readdir(project.path);
    expect(left.filter((name) => name.startsWith('jobs.db')).sort()).toEqual([
      'jobs.db',
      'jobs.db-bell',
      'jobs.db-checkpoint',
      'jobs.db-reserve',
      'jobs.db-write',
    ]);
  });

  test.skipIf(!hasRabbitmq())('runs on RabbitMQ, and leaves nothing to do for a second run', async () => {
    await using vhost = await openVhost();

    await expectGreeting(compiled(quickStart.fileName), { AMQP_URL: vhost.amqpUrl });
    await expectGreeting(compiled(quickStart.fileName), { AMQP_URL: vhost.amqpUrl });
  });
});

test.each([
  { compiler: COMPILERS[0], resolution: RESOLUTIONS[0] },
  { compiler: COMPILERS[0], resolution: RESOLUTIONS[1] },
  // The compiler in JavaScript takes ten times as long: once is enough.
  { compiler: COMPILERS[1], resolution: RESOLUTIONS[0] },
])('$compiler.name with $resolution.name finds every mistake of a user, and no other', async (check) => {
  expect(await typeCheck(project.path, { ...check, files })).toBe('');
});

test('a handler given by its module runs in a process of its own', async () => {
  const report = await project.run(compiled('own-process.mts'));

  expect(report).toEqual({ code: 0, stdout: 'HELLO! elsewhere\n', stderr: '' });
});

test('who enqueues a video installs and loads neither its decoder nor a mail client', async () => {
  const heavy = /^(sharp|@img\/.+|node-av|@seydx\/.+|nodemailer|fastify)$/;
  const coverage = await mkdtemp(join(project.path, 'coverage-'));

  const report = await project.run(compiled('enqueue-only.mts'), { NODE_V8_COVERAGE: coverage });
  const [loaded, installed] = [await packagesIn(coverage), await project.installed()];

  expect(report).toMatchObject({ code: 0, stderr: '' });
  expect(loaded.filter((name) => name.startsWith('@leveret/'))).toEqual([
    '@leveret/client',
    '@leveret/core',
    '@leveret/jobs',
    '@leveret/sqlite',
  ]);
  expect(loaded).toContain('libsql');
  expect(installed).toEqual(expect.arrayContaining(['@leveret/jobs', 'libsql', 'zod']));
  expect([...loaded, ...installed].filter((name) => heavy.test(name))).toEqual([]);
});

/** Packages of which a script was loaded, in any thread, as Node's own coverage reports say. */
async function packagesIn(coverage: string): Promise<readonly string[]> {
  const reports = await Promise.all(
    (await readdir(coverage)).map((name) => readFile(join(coverage, name), 'utf8')),
  );
  const names = reports
    .flatMap((text) => (JSON.parse(text) as { readonly result: readonly { readonly url: string }[] }).result)
    .map(({ url }) => /.*\/node_modules\/((@[^/]+\/)?[^/]+)\//.exec(url)?.[1])
    .filter((name) => name !== undefined);
  return [...new Set(names)].sort();
}
