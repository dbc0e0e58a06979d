import { access, cp, mkdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type AppProcess, projectRoot, startProcess } from '@leveret/testing/processes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, type TestFolder } from './start-apps.ts';

/** What a bare clone does not have. */
const LEFT_OUT = new Set(['node_modules', 'dist', '.git', '.nx', 'coverage']);
/** The built dashboard, from the root of the project. */
const PAGE = 'libs/admin/page';

let folder: TestFolder;
let copy: string;
let programs: string;
beforeAll(async () => {
  folder = await makeFolder();
  copy = join(folder.path, 'leveret');
  programs = join(folder.path, 'programs');
  const leftOut = ['data', PAGE].map((path) => join(projectRoot, path));
  const isInClone = (path: string) => !LEFT_OUT.has(basename(path)) && !leftOut.includes(path);
  await cp(projectRoot, copy, { recursive: true, filter: isInClone });
  await mkdir(programs);
  // Node with its npm, and a shell: no compiler, no Python, no make.
  for (const program of ['node', 'npm'])
    await symlink(join(dirname(process.execPath), program), join(programs, program));
  await symlink('/bin/sh', join(programs, 'sh'));
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

/** Runs `npm` in the copy, with nothing but the programs named above. */
function npm(...args: readonly string[]): AppProcess {
  const { HOME = '/root' } = process.env;
  const cache = process.env['npm_config_cache'] ?? join(HOME, '.npm');
  const env = { PATH: programs, HOME: folder.path, npm_config_cache: cache, PORT: '0' };
  return startProcess({ command: ['npm', ...args], env, cwd: copy });
}

test('npm start installs, builds and shows what it does, without a compiler', async () => {
  await using first = npm('start', '--', '--once');

  expect(await first.exited, first.output()).toEqual({ code: 0, signal: null });
  expect(first.output()).toContain('Installing what running needs');
  expect(first.output()).toMatch(/took +\d+\.\d s from upload to mail/);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'started again it installs nothing, and %s to npm drains the server',
  async (signal) => {
    await using server = npm('start');
    const [, url = ''] = await server.until(/Leveret is ready: (http:\S+)/);

    server.signal(signal);
    await server.exited;

    expect(server.output()).not.toContain('Installing');
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    await using next = npm('start', '--', '--once');
    expect(await next.exited, next.output()).toEqual({ code: 0, signal: null });
  },
);

test('what running needs is enough to build the dashboard', async () => {
  await using builder = startProcess({
    command: ['node', 'apps/dashboard/build.mjs'],
    env: { PATH: programs },
    cwd: copy,
  });

  expect(await builder.exited, builder.output()).toEqual({ code: 0, signal: null });
  await access(join(copy, PAGE, 'index.html'));
});
