import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { messageOf } from '@leveret/core';

/** Asked by package scripts before they start a service; 101 means no. */
const POLICY = '/usr/sbin/policy-rc.d';
/** Another run of the package manager is waited for so long, in seconds. */
const LOCK_TIMEOUT_S = 300;
/** Each download is tried again so often. */
const DOWNLOAD_RETRIES = 5;
/** What could not be installed is tried once more, with a list that is up to date: a mirror may change between the two commands. */
const TRIES = 2;

const run = promisify(execFile);

/** What installing depends on. */
export interface InstallOptions {
  /** Whether the environment allows it: all but `LEVERET_TEST_INSTALL=0`. */
  readonly mayInstall: boolean;
  /** Takes a line for the person who waits. */
  readonly say: (line: string) => void;
}

/**
 * Installs packages of Debian or Ubuntu, as root, and starts no service; says so before. Does nothing elsewhere, and where
 * it is not allowed. A failure is said and not thrown: whoever needs the package looks whether it is there.
 */
export async function installPackages(
  packages: readonly string[],
  { mayInstall, say }: InstallOptions,
): Promise<void> {
  if (!mayInstall || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  say(
    `Installing for the tests, without starting services (LEVERET_TEST_INSTALL=0 forbids it): ${packages.join(', ')} …`,
  );
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      return await withoutServices(() => install(packages));
    } catch (error) {
      say(`That failed: ${messageOf(error)}`);
    }
  }
}

async function install(packages: readonly string[]): Promise<void> {
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 16_777_216,
  };
  const patience = [
    '-q',
    `-oDPkg::Lock::Timeout=${LOCK_TIMEOUT_S}`,
    `-oAcquire::Retries=${DOWNLOAD_RETRIES}`,
  ];
  await run('apt-get', ['update', ...patience], options);
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...patience, ...packages], options);
}

async function withoutServices(work: () => Promise<void>): Promise<void> {
  const isOurs = !existsSync(POLICY);
  if (isOurs) {
    await writeFile(POLICY, '#!/bin/sh\nexit 101\n');
    await chmod(POLICY, 0o755);
  }
  try {
    await work();
  } finally {
    if (isOurs) await rm(POLICY, { force: true });
  }
}
