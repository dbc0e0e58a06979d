import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '@leveret/testing/processes';
import { expect, test } from 'vitest';

interface Manifest {
  readonly private?: boolean;
  readonly engines?: { readonly node?: string };
}

const readText = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const enginesOf = (path: string) => (JSON.parse(readText(path)) as Manifest).engines?.node;
const supported = enginesOf('package.json') ?? '';
const readme = readText('README.md');
const section = readme.slice(readme.indexOf('## Versions of Node'), readme.indexOf('## Status'));

/** Every page for users and contributors. Decisions, and notes on what was tried once, tell what was so then. */
const pages = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...readdirSync(join(projectRoot, 'docs/reference')).map((name) => `docs/reference/${name}`),
];

test('every library and application allows the versions of Node that the whole allows', () => {
  const manifests = ['apps', 'libs'].flatMap((part) =>
    readdirSync(join(projectRoot, part)).map((name) => `${part}/${name}/package.json`),
  );

  expect(supported).toMatch(/^(\^\d+\.\d+ \|\| )*>=\d+$/);
  for (const manifest of manifests) expect(enginesOf(manifest), manifest).toBe(supported);
});

test('the README names the same versions', () => {
  const rows = [...section.matchAll(/^\| (\d+)(?: and later|, from (\d+\.\d+)) \|/gm)];
  const ranges = rows.map(([, major, from]) => (from === undefined ? `>=${major}` : `^${from}`));

  expect(ranges.reverse().join(' || ')).toBe(supported);
});

test('no other page names a version of Node', () => {
  for (const page of pages)
    expect(readText(page).replace(section, ''), page).not.toMatch(/\bNode(\.js)? \(?(from )?\d/);
});

test('the images stand on the newest version', () => {
  const [, newest = ''] = />=(\d+)$/.exec(supported) ?? [];
  for (const app of ['api', 'worker'])
    expect(readText(`docker/${app}.Dockerfile`)).toMatch(
      new RegExp(`^FROM node:${newest}\\.\\d+\\.\\d+-`, 'm'),
    );
});
