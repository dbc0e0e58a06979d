import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '@leveret/testing/processes';
import { expect, test } from 'vitest';

/** Most sources in one folder, without tests: a folder with more gets subfolders, named after their concerns. */
const MAX_SOURCES = 15;

test.each(['libs', 'apps'])(`no folder of %s has more than ${MAX_SOURCES} sources`, (part) => {
  const files = readdirSync(join(projectRoot, part), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => /^[^/]+\/src\/.*(?<!\.test)\.tsx?$/.test(file));
  const folders = new Set(sources.map((file) => dirname(file)));
  const sourcesIn = (folder: string) => sources.filter((file) => dirname(file) === folder);

  expect(folders.size).toBeGreaterThan(0);
  expect([...folders].filter((folder) => sourcesIn(folder).length > MAX_SOURCES)).toEqual([]);
});
