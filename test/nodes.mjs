import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { supportedNodes } from '../apps/standalone/install.mjs';

// The supported versions of Node, each as an npm package that holds nothing but the program.

/** Outside of the project: no installation deletes it, and no test sees it. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'leveret');
/** How often an installation is tried; npm tries each download again by itself. */
const TRIES = 2;

/** The newest Node of each supported major version but the one that runs this: `{ major, program }`, installed where it was missing. */
export function otherNodes() {
  const own = Number(process.versions.node.split('.')[0]);
  return supportedNodes()
    .map(({ major }) => major)
    .filter((major) => major !== own)
    .map((major) => ({ major, program: ensureNode(major) }));
}

/** Path of the program; undefined when it could not be installed, which is said. */
function ensureNode(major) {
  const folder = join(CACHE, `node-${major}`);
  const name = `node-${process.platform}-${process.arch}`;
  const program = join(folder, 'node_modules', name, 'bin/node');
  const triesAllowed = process.env.LEVERET_TEST_INSTALL === '0' ? 0 : TRIES;
  for (let tries = 0; tries < triesAllowed && !existsSync(program); tries += 1) {
    process.stdout.write(`Installing Node ${major} for the tests in ${folder} …\n`);
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
    spawnSync('npm', [...args, '--fetch-retries=5', '--loglevel=error', `${name}@${major}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return existsSync(program) ? program : undefined;
}
