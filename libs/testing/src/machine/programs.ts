import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasServer } from '../rabbitmq/server.ts';
import { type InstallOptions, installPackages } from './install-packages.ts';

/** A program that some tests need. */
export type TestProgram = 'ffmpeg' | 'chromium' | 'rabbitmq-server';

/** What its file may be called, the best first, and the packages of Debian that bring that one. */
const PROGRAMS: Readonly<
  Record<TestProgram, { readonly names: readonly string[]; readonly packages: readonly string[] }>
> = {
  ffmpeg: { names: ['ffmpeg'], packages: ['ffmpeg'] },
  chromium: {
    // The whole browser renders its own tabs and menus for each window, even without a screen: a second of processor time.
    names: ['chromium-headless-shell', 'chromium'],
    packages: ['chromium-headless-shell', 'fonts-dejavu-core'],
  },
  'rabbitmq-server': { names: ['rabbitmq-server'], packages: ['rabbitmq-server'] },
};

/** Where programs are looked for in tests: the folders of the system, whatever the PATH of the user. */
export const systemPath = '/usr/local/bin:/usr/bin:/bin';

/** Whether this machine has the program. Tests that need it are skipped without it, and the test lane says so loudly. */
export function hasProgram(program: TestProgram): boolean {
  // The one on PATH insists on a user of its own.
  if (program === 'rabbitmq-server') return hasServer();
  return findProgram(program) !== undefined;
}

/** The path of the program, unless this machine does not have it. */
export function findProgram(program: TestProgram): string | undefined {
  return PROGRAMS[program].names
    .flatMap((name) => systemPath.split(':').map((folder) => join(folder, name)))
    .find(existsSync);
}

/** Whether `text` names a program that some tests need. */
export function isTestProgram(text: string): text is TestProgram {
  return Object.hasOwn(PROGRAMS, text);
}

/** Makes sure that the programs are there, installing what is missing where that is possible; returns what is still missing. */
export async function ensurePrograms(
  programs: readonly TestProgram[],
  options: InstallOptions,
): Promise<readonly TestProgram[]> {
  const missing = programs.filter((program) => !hasProgram(program));
  if (missing.length > 0)
    await installPackages(
      missing.flatMap((program) => PROGRAMS[program].packages),
      options,
    );
  return missing.filter((program) => !hasProgram(program));
}
