import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the project, with a slash at its end. */
export const projectRoot: string = fileURLToPath(new URL('../../../', import.meta.url));

/** The package.json of a library. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly private?: boolean;
  /** What a user may import: files by condition, by path. */
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Patterns of what is packed. */
  readonly files: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A library that is published. */
export interface Library {
  /** Its folder below `libs`. */
  readonly folder: string;
  readonly name: string;
}

/** Reads a package.json. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Every library that is published: all that are not marked private. */
export const publishedLibraries: readonly Library[] = readdirSync(join(projectRoot, 'libs'))
  .map((folder) => ({ folder, ...readManifest(join(projectRoot, 'libs', folder)) }))
  .filter((manifest) => manifest.private !== true)
  .map(({ folder, name }) => ({ folder, name }));

/** What a package needs when it is installed, with the versions it asks for. */
export function needsOf(manifest: Manifest): Readonly<Record<string, string>> {
  return { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
}
