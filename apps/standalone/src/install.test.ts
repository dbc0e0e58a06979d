import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

/** What is there when nothing was installed: the scripts, a lock file and an npm that takes a moment. */
async function makeCopy(name: string) {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-install-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const root = join(folder, name);
  const scripts = join(root, 'apps/standalone');
  await mkdir(join(scripts, 'dist'), { recursive: true });
  await mkdir(join(root, 'apps/dashboard'));
  await mkdir(join(root, 'bin'));
  for (const script of ['install.mjs', 'bootstrap.mjs'])
    await cp(fileURLToPath(new URL(`../${script}`, import.meta.url)), join(scripts, script));
  await writeFile(join(root, 'package-lock.json'), '{}');
  await writeFile(join(root, 'package.json'), '{ "engines": { "node": "^20.19 || ^22.13 || >=24" } }');
  await writeFile(join(scripts, 'dist/main.js'), 'console.log("it runs")');
  await writeFile(join(root, 'apps/dashboard/build.mjs'), '');
  await writeFile(join(root, 'bin/npm'), NPM, { mode: 0o755 });
  const npmCalls = async () => (await readFile(join(root, 'npm.log'), 'utf8')).trim().split('\n');
  return { root, npmCalls, start: (seen?: RegExp, then?: () => Promise<void>) => start(root, seen, then) };
}

/** Installs a compiler that has nothing to do. */
const NPM = `#!/bin/sh
echo "$@" >> npm.log
sleep 0.1
mkdir -p node_modules/typescript-native/bin
touch node_modules/typescript-native/bin/tsc
`;

/** All that a start says; does `then` as soon as it said what matches `seen`. */
async function start(root: string, seen?: RegExp, then?: () => Promise<void>): Promise<string> {
  const child = spawn(process.execPath, [join(root, 'apps/standalone/bootstrap.mjs')], {
    env: { PATH: [join(root, 'bin'), process.env['PATH']].join(delimiter), npm_execpath: '/opt/pnpm.cjs' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  let reaction: Promise<void> | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const isNew = seen?.test(said) === false;
    said += text;
    if (isNew && seen.test(said)) reaction = then?.();
  });
  await once(child, 'close');
  await reaction;
  return said;
}

test.each(['plain', 'with space', 'issue #1', '100%'])('it starts from a folder named "%s"', async (name) => {
  const copy = await makeCopy(name);

  expect(await copy.start()).toContain('it runs');
});

test('it builds the dashboard in a process of its own', async () => {
  const copy = await makeCopy('builds');
  const noted = join(copy.root, 'noted');
  const path = JSON.stringify(noted);
  await writeFile(
    join(copy.root, 'apps/dashboard/build.mjs'),
    `import { renameSync, writeFileSync } from 'node:fs';
     writeFileSync('noting', process.argv.slice(2).join(' '));
     renameSync('noting', ${path});`,
  );
  await writeFile(
    join(copy.root, 'apps/standalone/dist/main.js'),
    `import { existsSync } from 'node:fs'; import { setTimeout } from 'node:timers/promises';
     while (!existsSync(${path})) await setTimeout(20);`,
  );

  await copy.start();

  expect(await readFile(noted, 'utf8')).toBe('--if-stale --in-background');
});

test('of two first starts one installs, with npm, whoever started them', async () => {
  const copy = await makeCopy('twice');
  const said = await Promise.all([copy.start(), copy.start()]);

  expect(said.map((text) => text.includes('it runs'))).toEqual([true, true]);
  expect(await copy.npmCalls()).toHaveLength(1);
});

test('while another process installs, it says so and waits', async () => {
  const copy = await makeCopy('waits');
  const lock = join(copy.root, '.leveret-installing');
  await writeFile(lock, String(process.pid));
  const said = await copy.start(/waiting for it/, () => rm(lock));

  expect(said).toMatch(/waiting for it[\s\S]*it runs/);
});

test('the lock of an installation that died is taken over', async () => {
  const copy = await makeCopy('died');
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'close');
  await writeFile(join(copy.root, '.leveret-installing'), String(dead.pid));

  expect(await copy.start()).toContain('it runs');
});

test.each([
  ['18.20.8', false],
  ['20.18.3', false],
  ['20.19.0', true],
  ['21.7.3', false],
  ['22.12.0', false],
  ['22.13.0', true],
  ['23.11.0', false],
  ['24.0.0', true],
  ['26.1.0', true],
])('only a version of Node that package.json allows may start it: %s', async (version, isAllowed) => {
  const copy = await makeCopy('version');
  const script = `import { requireNode } from './apps/standalone/install.mjs'; requireNode('${version}');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: copy.root });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });

  const [code] = await once(child, 'close');

  expect(said).toBe(
    isAllowed
      ? ''
      : `Leveret runs on Node 20 (from 20.19), 22 (from 22.13), 24 and later; this is ${version}. Get one from https://nodejs.org\n`,
  );
  expect(code).toBe(isAllowed ? 0 : 1);
});
