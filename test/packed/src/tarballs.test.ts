import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import typescript from 'typescript';
import { describe, expect, inject, test } from 'vitest';
import { type Manifest, needsOf, projectRoot, publishedLibraries, readManifest } from './libraries.ts';
import { CHECKOUT, type PackedLibrary } from './pack-libraries.ts';
import { runOrThrow } from './run-command.ts';
import { COMPILERS, RESOLUTIONS, typeCheck } from './type-check.ts';

const checkout = join(inject('workshop'), CHECKOUT);
const packed = inject('packedLibraries');
const siblings = new Set(publishedLibraries.map(({ name }) => name));

function packedAs(name: string): PackedLibrary {
  const found = packed.find((library) => library.name === name);
  if (found === undefined) throw new Error(`${name} was not packed`);
  return found;
}

/** Files of a library's folder as a fresh clone has them, by path. */
function checkedOut({ folder }: { readonly folder: string }, part: string): readonly string[] {
  const within = typescript.sys.readDirectory(join(checkout, 'libs', folder, part));
  const { length } = join(checkout, 'libs', folder, '/');
  return within.map((path) => path.slice(length));
}

/** What the compiler makes of a source. */
function madeOf(source: string): readonly string[] {
  const base = source.replace(/^src\//, 'dist/').replace(/\.ts$/, '');
  return ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((ending) => base + ending);
}

/** Names of the packages that a file imports, for its types too. */
function importsOf({ unpacked }: PackedLibrary, file: string): readonly string[] {
  const text = readFileSync(join(unpacked, file), 'utf8');
  return typescript
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((specifier) => !/^(\.|node:)/.test(specifier) && !builtinModules.includes(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
}

describe.each(publishedLibraries)('the tarball of $name', (library) => {
  const tarball = packedAs(library.name);
  const manifest = readManifest(tarball.unpacked);

  test('holds sources, what is compiled of them, assets and the licence, and nothing else', () => {
    const sources = checkedOut(library, 'src').filter((path) => !path.endsWith('.test.ts'));
    const assets = manifest.files.includes('assets') ? checkedOut(library, 'assets') : [];

    expect(tarball.files).toEqual(
      ['package.json', 'LICENSE', ...sources, ...sources.flatMap(madeOf), ...assets].sort(),
    );
  });

  test('has the licence of the whole', async () => {
    const [own, whole] = await Promise.all([
      readFile(join(tarball.unpacked, 'LICENSE'), 'utf8'),
      readFile(join(projectRoot, 'LICENSE'), 'utf8'),
    ]);

    expect(own).toBe(whole);
    expect(manifest.license).toBe('MIT');
  });

  test('has maps that lead to sources it holds', () => {
    const maps = tarball.files.filter((path) => path.endsWith('.map'));
    const sourcesOf = (map: string) => {
      const { sources } = JSON.parse(readFileSync(join(tarball.unpacked, map), 'utf8')) as {
        readonly sources: readonly string[];
      };
      return sources.map((source) => posix.join(posix.dirname(map), source));
    };

    expect(maps.flatMap(sourcesOf).filter((source) => !tarball.files.includes(source))).toEqual([]);
  });

  test('exports files it holds, types first among what users see', () => {
    const targets = Object.values(manifest.exports).flatMap((conditions) => Object.values(conditions));

    expect(targets.filter((target) => !tarball.files.includes(posix.normalize(target)))).toEqual([]);
    for (const conditions of Object.values(manifest.exports))
      expect(Object.keys(conditions)).toEqual(['@leveret/source', 'types', 'default']);
  });

  test('needs exact versions from a registry, and its siblings in its own version', () => {
    const needs = Object.entries(needsOf(manifest));

    expect(needs.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(needs.filter(([name, version]) => siblings.has(name) && version !== manifest.version)).toEqual([]);
    expect(needs.filter(([name]) => name.startsWith('@leveret/') && !siblings.has(name))).toEqual([]);
  });

  test('declares every package that it imports', () => {
    const files = tarball.files.filter((path) => /\.(js|d\.ts)$/.test(path) && path.startsWith('dist/'));
    const imported = new Set(files.flatMap((file) => importsOf(tarball, file)));
    const declared = Object.keys(needsOf(manifest));

    expect([...imported].filter((name) => !declared.includes(name))).toEqual([]);
  });
});

describe('the tarballs together', () => {
  /** What users write to import each of their entries. */
  const entries = packed.flatMap(({ name, unpacked }) =>
    Object.keys(readManifest(unpacked).exports).map((path) => posix.join(name, path)),
  );
  const around = join(packedAs('@leveret/core').unpacked, '../../..');

  test('can be imported, each entry of them', async () => {
    const program = `for (const entry of ${JSON.stringify(entries)}) console.log(entry, Object.keys(await import(entry)).length);`;
    await writeFile(join(around, 'import-all.mjs'), program);

    const lines = await runOrThrow(process.execPath, ['import-all.mjs'], { cwd: around });

    expect(lines.trim().split('\n')).toEqual(
      entries.map((entry) => expect.stringMatching(`^${entry} [1-9]`)),
    );
  });

  test.each(RESOLUTIONS)('have types that a project with $name can read', async (resolution) => {
    const imports = entries.map((entry, index) => `export * as entry${index} from '${entry}';\n`);
    await writeFile(join(around, 'all-types.mts'), imports.join(''));

    const files = ['all-types.mts'];

    expect(await typeCheck(around, { compiler: COMPILERS[0], resolution, files })).toBe('');
  });

  test.each([
    { vendor: 'sharp', needed: ['@leveret/video'] },
    { vendor: 'node-av', needed: ['@leveret/video'] },
    { vendor: 'nodemailer', needed: ['@leveret/mail'] },
    { vendor: 'fastify', needed: ['@leveret/admin', '@leveret/http'] },
    { vendor: 'amqplib', needed: ['@leveret/rabbitmq'] },
    { vendor: 'libsql', needed: ['@leveret/sqlite'] },
  ])('install $vendor only for those who use $needed', ({ vendor, needed }) => {
    const bringing = packed.filter(({ unpacked }) => allNeeds(readManifest(unpacked)).has(vendor));

    expect(bringing.map(({ name }) => name)).toEqual(needed);
  });
});

/** What is installed with a library: its needs, and theirs as far as they are libraries of ours. */
function allNeeds(manifest: Manifest): ReadonlySet<string> {
  const direct = Object.keys(needsOf(manifest));
  const further = direct
    .filter((name) => siblings.has(name))
    .flatMap((name) => [...allNeeds(readManifest(packedAs(name).unpacked))]);
  return new Set([...direct, ...further]);
}
