import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './libraries.ts';

/** The quick start as README.md tells it. */
export interface QuickStart {
  /** What its install command names. */
  readonly packages: readonly string[];
  /** Name of the file that it says to save the code as. */
  readonly fileName: string;
  /** Its code, of one file. */
  readonly code: string;
}

/** Reads the section "Quick start" of README.md. @throws {Error} when a part of it is not there. */
export function readQuickStart(): QuickStart {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  const [, section] = readme.split(/^## Quick start$/m);
  if (section === undefined) throw new Error('README.md has no section "Quick start"');
  const install = find(section, /^npm install (@leveret\/.+)$/m, 'install command');
  return {
    packages: install.split(/\s+/),
    fileName: find(section, /Save this as `([^`]+)`/, 'name of the file'),
    code: find(section, /^```ts\n(.*?)^```$/ms, 'block of TypeScript'),
  };
}

function find(section: string, pattern: RegExp, what: string): string {
  const found = pattern.exec(section)?.[1];
  if (found === undefined) throw new Error(`the quick start in README.md has no ${what}`);
  return found;
}
