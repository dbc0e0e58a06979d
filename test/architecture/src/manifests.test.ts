import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '@leveret/testing/processes';
import { describe, expect, test } from 'vitest';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly link?: boolean;
        readonly integrity?: string;
        readonly resolved?: string;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(projectRoot, path), 'utf8')) as T;
}

const folders = ['apps', 'libs', 'test'].flatMap((part) =>
  readdirSync(join(projectRoot, part), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${part}/${entry.name}`),
);
const root = readJson<Manifest>('package.json');
const { packages } = readJson<Lock>('package-lock.json');

describe.each(folders)('%s', (folder) => {
  const manifest = readJson<Manifest>(`${folder}/package.json`);

  test('has the version and the licence of the whole', () => {
    expect([manifest.version, manifest.license]).toEqual([root.version, 'MIT']);
  });

  test('names an exact version of everything it needs', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const wanted = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });

    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('is locked as it is', () => {
    const { dependencies = {}, devDependencies = {} } = manifest;

    expect(packages[folder]).toMatchObject({ version: manifest.version });
    expect({ dependencies, devDependencies, ...packages[folder] }).toMatchObject({
      dependencies,
      devDependencies,
    });
  });
});

describe('the lock file', () => {
  const installed = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && link !== true,
  );

  test('has a digest for every package, and all of them come from a registry', () => {
    const suspicious = installed.filter(
      ([, { integrity, resolved }]) =>
        integrity === undefined || (resolved !== undefined && !/^https:.*\.tgz$/.test(resolved)),
    );

    expect(suspicious.map(([path]) => path)).toEqual([]);
  });

  test('has the binaries of every platform: none is missing where it was not made', () => {
    const names = new Set(
      installed.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
    );
    const missing = installed.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !names.has(name))
        .map((name) => `${path} needs ${name}`),
    );

    expect(missing).toEqual([]);
  });
});
