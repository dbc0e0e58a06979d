import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a builder is handed of a folder. */
export interface BuildContext {
  /** Whether a file or folder at `path`, below the root, gets into the context, at least in part. */
  has(path: string): boolean;
}

interface Pattern {
  readonly admits: boolean;
  readonly matches: (path: string) => boolean;
}

/**
 * Reads a .dockerignore as Docker does: the last pattern that matches a path or a folder above it decides.
 *
 * @param files Every file of the folder, by its path below it.
 */
export function createBuildContext(dockerignore: string, files: readonly string[]): BuildContext {
  const patterns = dockerignore
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(toPattern);
  const admitted = files.filter((file) => patterns.findLast(({ matches }) => matches(file))?.admits ?? true);
  return {
    has: (path) => admitted.some((file) => file === path || file.startsWith(`${path}/`)),
  };
}

/** Files below `root`, without those in folders that no build can want. */
export function filesOf(root: string, folder = ''): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return ['node_modules', '.git', '.nx', 'dist'].includes(entry.name) ? [] : filesOf(root, path);
  });
}

/** The text of a file of the project. */
export function readText(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function toPattern(line: string): Pattern {
  const admits = line.startsWith('!');
  const source = (admits ? line.slice(1) : line)
    .replace(/^\/|\/$/g, '')
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => WILDCARDS[part] ?? part.replace(/[.+^${}()|[\]\\]/g, '\\$&'))
    .join('');
  const expression = new RegExp(`^${source}(/.*)?$`);
  return { admits, matches: (path) => expression.test(path) };
}

const WILDCARDS: Readonly<Record<string, string>> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
};
