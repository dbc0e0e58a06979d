import { projectRoot } from '@leveret/testing/processes';
import { describe, expect, test } from 'vitest';
import { createBuildContext, filesOf, readText } from './build-context.ts';
import { lintDockerfile, readImage } from './dockerfile-rules.ts';

interface Manifest {
  readonly packageManager?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const files = filesOf(projectRoot);
const dockerignore = readText(projectRoot, '.dockerignore');
const context = createBuildContext(dockerignore, files);
const apps = ['api', 'worker'] as const;
const textOf = (app: string) => readText(projectRoot, `docker/${app}.Dockerfile`);
const readManifest = (path: string) => JSON.parse(readText(projectRoot, path)) as Manifest;

describe.each(apps)('the Dockerfile of %s', (app) => {
  const text = textOf(app);
  const image = readImage(text);

  test('keeps the rules', () => {
    expect(lintDockerfile(text, context)).toEqual([]);
  });

  test('starts an application that there is', () => {
    expect(image.entrypoint.at(-1)).toBe(`apps/${app}/dist/main.js`);
    expect(files).toContain(`apps/${app}/src/main.ts`);
  });

  test('asks for health on a port that it sets', () => {
    expect(image.healthcheck.slice(0, 2)).toEqual(['node', 'docker/healthcheck.mjs']);
    expect(image.environment[image.healthcheck[2] ?? '']).toMatch(/^\d+$/);
    expect(['live', 'ready']).toContain(image.healthcheck[3]);
  });

  test('installs with the npm that the project names', () => {
    const npm = /npm install --global (npm@\S+)/.exec(text)?.[1];

    expect(npm).toBe(readManifest('package.json').packageManager);
  });

  test('stands on the same image as the others', () => {
    expect(image.bases).toEqual(readImage(textOf('api')).bases);
    expect(image.bases).toHaveLength(1);
  });
});

/** What a slip of the pen would make of a Dockerfile, and what is said to it. */
const mistakes: readonly [string, (text: string) => string, string][] = [
  ['an unknown instruction', (text) => text.replace('EXPOSE 3000', 'EXPOSED 3000'), 'EXPOSED'],
  [
    'a base without a version',
    (text) => text.replace(/FROM node:\S+/, 'FROM node:20-bookworm-slim'),
    'not pinned',
  ],
  ['the newest base', (text) => text.replace(/FROM node:\S+/, 'FROM node:latest'), 'not pinned'],
  ['another stage on a loose base', (text) => `FROM debian AS extra\n${text}`, 'debian is not pinned'],
  ['no user', (text) => text.replace(/^USER .*$/m, ''), 'the user is root'],
  ['root by number', (text) => text.replace(/^USER .*$/m, 'USER 0:0'), 'the user is 0:0'],
  ['root at the end', (text) => `${text}USER root\n`, 'the user is root'],
  ['no health check', (text) => text.replace(/^HEALTHCHECK[\s\S]*?\]$/m, ''), 'no HEALTHCHECK'],
  ['a health check by shell', (text) => text.replace(/CMD \["node".*$/m, 'CMD node x'), 'no HEALTHCHECK'],
  ['a health check by curl', (text) => text.replace('CMD ["node", ', 'CMD ["curl", '), 'ask with node'],
  [
    'a check that is not there',
    (text) => text.replaceAll('healthcheck.mjs', 'check.mjs'),
    'docker/check.mjs',
  ],
  ['a start by shell', (text) => text.replace(/^ENTRYPOINT .*$/m, 'ENTRYPOINT node x'), 'no ENTRYPOINT'],
  ['a start by npm', (text) => text.replace(/^(ENTRYPOINT) .*$/m, '$1 ["npm", "start"]'), 'Node itself'],
  ['a file that is not there', (text) => text.replace('COPY LICENSE', 'COPY LICENCE'), 'LICENCE is not in'],
  [
    'a file that is kept out',
    (text) => text.replace('COPY LICENSE', 'COPY docker/.env'),
    'docker/.env is not in',
  ],
  ['an unknown stage', (text) => text.replace('--from=build', '--from=built'), 'no stage built'],
  ['a download', (text) => text.replace('COPY LICENSE', 'ADD LICENSE'), 'use COPY'],
  ['a secret', (text) => text.replace('ENV NODE_ENV', 'ENV LEVERET_API_KEYS=x NODE_ENV'), 'a secret'],
  ['scripts of packages', (text) => text.replaceAll('--ignore-scripts', ''), 'scripts of packages'],
  ['tools of development', (text) => text.replaceAll('--omit=dev', ''), 'tools of development'],
  ['an install past the lock', (text) => text.replaceAll('npm ci', 'npm install'), 'not locked'],
];

test.each(mistakes)('a Dockerfile with %s is told apart', (_name, plant, words) => {
  const planted = apps.map(textOf).map((text) => [text, plant(text)] as const);
  const changed = planted.filter(([before, after]) => before !== after);

  expect(changed).not.toEqual([]);
  for (const [, after] of changed) expect(lintDockerfile(after, context).join('\n')).toContain(words);
});

test.each([
  ['recommended packages', '--no-install-recommends', 'more than is needed'],
  ['package lists', 'rm -r /var/lib/apt/lists/*', 'package lists stay'],
])('a worker image with %s is told apart', (_name, without, words) => {
  const text = textOf('worker').replace(without, 'true');

  expect(lintDockerfile(text, context).join('\n')).toContain(words);
});

describe('the build context', () => {
  test('holds what is built from', () => {
    for (const path of [
      'package-lock.json',
      'apps/api/src/main.ts',
      'apps/dashboard/src/ui/data/table.tsx',
      'libs/http/assets',
      'docker/healthcheck.mjs',
    ])
      expect(context.has(path), path).toBe(true);
  });

  test('holds no secrets, no tests and nothing that was made elsewhere', () => {
    const stray = [
      ...['.git/config', 'docker/.env', '.env', 'apps/api/.env.local', 'data/leveret.db', 'apps/api/data/x'],
      ...['node_modules/x/index.js', 'libs/core/node_modules/x.js', 'libs/core/dist/index.js'],
      ...['libs/admin/page/index.html', 'libs/admin/page.7.new/index.html'],
      ...['libs/core/src/job/ids.test.ts', 'libs/video/fixtures/x.mp4', 'test/e2e/package.json'],
    ];
    const all = createBuildContext(dockerignore, [...files, ...stray]);

    expect(stray.filter((path) => all.has(path))).toEqual([]);
  });

  test('is read in order: a later pattern wins', () => {
    const read = (text: string) => createBuildContext(text, ['apps/a.ts', 'apps/b.ts']);

    expect(read('*\n!apps').has('apps/a.ts')).toBe(true);
    expect(read('!apps\n*').has('apps')).toBe(false);
    expect(read('apps\n!apps/b.ts').has('apps/b.ts')).toBe(true);
    expect(read('**/a.ts').has('apps/a.ts')).toBe(false);
  });
});

test('the worker image knows every way in which node-av would come in', () => {
  const manifests = files.filter((path) => /^(apps|libs)\/[^/]+\/package\.json$/.test(path));
  const wanting = manifests.filter((path) => readText(projectRoot, path).includes('"node-av"'));

  expect(wanting).toEqual(['libs/video/package.json']);
  expect(readManifest('libs/video/package.json').optionalDependencies).toHaveProperty('node-av');
  expect(textOf('worker')).toContain('npm pkg delete optionalDependencies.node-av --workspace=libs/video');
  expect(textOf('worker')).toMatch(/test ! -e node_modules\/node-av && test ! -e node_modules\/@seydx/);
});
