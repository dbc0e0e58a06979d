import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasServer } from '../rabbitmq/server.ts';
import { type InstallOptions, installPackages } from './install-packages.ts';

/** Programs that some tests need, and the packages of Debian that bring them. */
const PACKAGES = {
  ffmpeg: ['ffmpeg'],
  chromium: ['chromium', 'fonts-dejavu-core'],
  'rabbitmq-server': ['rabbitmq-server'],
} as const;

/** A program that some tests need. */
export type TestProgram = keyof typeof PACKAGES;

/** Where programs are looked for in tests: the folders of the system, whatever the PATH of the user. */
export const systemPath = '/usr/local/bin:/usr/bin:/bin';

/** Whether this machine has the program. Tests that need it are skipped without it, and the test lane says so loudly. */
export function hasProgram(program: TestProgram): boolean {
  // The one on PATH insists on a user of its own.
  if (program === 'rabbitmq-server') return hasServer();
  return systemPath.split(':').some((folder) => existsSync(join(folder, program)));
}

/** Whether `text` names a program that some tests need. */
export function isTestProgram(text: string): text is TestProgram {
  return Object.hasOwn(PACKAGES, text);
}

/** Makes sure that the programs are there, installing what is missing where that is possible; returns what is still missing. */
export async function ensurePrograms(
  programs: readonly TestProgram[],
  options: InstallOptions,
): Promise<readonly TestProgram[]> {
  const missing = programs.filter((program) => !hasProgram(program));
  if (missing.length > 0)
    await installPackages(
      missing.flatMap((program) => PACKAGES[program]),
      options,
    );
  return missing.filter((program) => !hasProgram(program));
}
