import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Asked by package scripts before they start a service; 101 means no. */
const POLICY = '/usr/sbin/policy-rc.d';

const run = promisify(execFile);

/** Whether this is root on a system with Debian's packages. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Installs RabbitMQ from the system's own packages, and starts no service. @throws {Error} when that fails. */
export async function installServer(): Promise<void> {
  const isOurs = !existsSync(POLICY);
  if (isOurs) {
    await writeFile(POLICY, '#!/bin/sh\nexit 101\n');
    await chmod(POLICY, 0o755);
  }
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-q'], { env });
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'rabbitmq-server'], {
      env,
      maxBuffer: 16_777_216,
    });
  } finally {
    if (isOurs) await rm(POLICY);
  }
}
