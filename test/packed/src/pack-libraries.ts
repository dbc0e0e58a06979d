import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildCheckout, linkInstalled, linkNested } from './checkout.ts';
import { type Library, publishedLibraries } from './libraries.ts';
import { runOrThrow } from './run-command.ts';

/** Where in the workshop the libraries are as in a fresh clone, and compiled. */
export const CHECKOUT = 'checkout';

/** A library as `npm pack` makes it. */
export interface PackedLibrary extends Library {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Where it is unpacked: `node_modules` around it has all that the project has installed, and its siblings, unpacked. */
  readonly unpacked: string;
  /** Paths of its files, in order. */
  readonly files: readonly string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for all that these tests make; it is gone after them. */
    readonly workshop: string;
    readonly packedLibraries: readonly PackedLibrary[];
  }
}

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packs every library before the tests of this project; the tarballs are gone after them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const workshop = await mkdtemp(join(tmpdir(), 'leveret-packed-'));
  const clear = () => rm(workshop, { recursive: true, force: true });
  try {
    await buildCheckout(join(workshop, CHECKOUT));
    project.provide('workshop', workshop);
    project.provide('packedLibraries', await pack(workshop));
  } catch (error) {
    await clear();
    throw error;
  }
  return clear;
}

async function pack(workshop: string): Promise<readonly PackedLibrary[]> {
  const folders = publishedLibraries.map((library) => `./libs/${library.folder}`);
  const flags = ['--json', '--ignore-scripts', '--loglevel=error', `--pack-destination=${workshop}`];
  const reports = JSON.parse(
    await runOrThrow('npm', ['pack', ...folders, ...flags], { cwd: join(workshop, CHECKOUT) }),
  );
  const nodeModules = join(workshop, 'unpacked/node_modules');
  await mkdir(join(nodeModules, '@leveret'), { recursive: true });
  await linkInstalled(nodeModules);
  return Promise.all(
    (reports as readonly PackReport[]).map((report) => unpack(report, workshop, nodeModules)),
  );
}

async function unpack(report: PackReport, workshop: string, nodeModules: string): Promise<PackedLibrary> {
  const library = publishedLibraries.find(({ name }) => name === report.name);
  if (library === undefined) throw new Error(`${report.name} was packed and is not published`);
  const tarball = join(workshop, report.filename);
  const unpacked = join(nodeModules, report.name);
  await mkdir(unpacked);
  await runOrThrow('tar', ['-xzf', tarball, '--strip-components=1'], { cwd: unpacked });
  await linkNested(library.folder, unpacked);
  return { ...library, tarball, unpacked, files: report.files.map(({ path }) => path).sort() };
}
