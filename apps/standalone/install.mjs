import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

// What has to be there before anything of the project can run. It depends on nothing but Node itself.

/** Root of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
/** Says which lock file was installed, and whether with the tools of development. */
const STAMP = `${root}node_modules/.leveret-installed`;
/** Holds the id of the process that installs, outside of what an installation deletes. */
const LOCK = `${root}.leveret-installing`;
/** How often a waiting process looks whether the other one is done, in milliseconds. */
const LOOK_EVERY_MS = 500;

/** Ends the process with a word to the person who started it. */
function giveUp(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

/** The versions of Node that package.json allows: `^<major>.<minor>` or `>=<major>` each, oldest first. */
export function supportedNodes() {
  const { engines } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return engines.node.split(' || ').map((range) => {
    const [, operator, major, minor = '0'] = /^(\^|>=)(\d+)(?:\.(\d+))?$/.exec(range);
    return { major: Number(major), minor: Number(minor), orLater: operator === '>=' };
  });
}

/** Ends the process when Node is none of the versions that package.json allows. */
export function requireNode(version = process.versions.node) {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  const nodes = supportedNodes();
  const isSupported = nodes.some(
    ({ major, minor, orLater }) => (ownMajor === major && ownMinor >= minor) || (orLater && ownMajor > major),
  );
  if (isSupported) return;
  const words = nodes.map(({ major, minor }) => (minor > 0 ? `${major} (from ${major}.${minor})` : major));
  giveUp(
    `Leveret runs on Node ${words.join(', ')} and later; this is ${version}. Get one from https://nodejs.org`,
  );
}

/**
 * Installs what running needs, or with `dev` what development needs, unless that is there for this very lock file. Install
 * scripts are not run: nothing is compiled, nothing is downloaded but packages. Of several processes one installs, and the
 * others wait for it.
 */
export function ensureInstalled({ dev }) {
  const digest = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
  const isInstalled = () => {
    const [installed, scope] = existsSync(STAMP) ? readFileSync(STAMP, 'utf8').split(' ') : [];
    return installed === digest && (scope === 'all' || !dev);
  };
  if (isInstalled()) return;
  takeLock();
  if (!isInstalled()) install(digest, dev || hasTools());
  rmSync(LOCK, { force: true });
}

/** Whether the tools of development are there: whoever installed them by hand keeps them. */
function hasTools() {
  return existsSync(`${root}node_modules/vitest`);
}

function install(digest, dev) {
  process.stdout.write(`Installing ${dev ? 'what development needs' : 'what running needs'} …\n`);
  runNpm([
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...(dev ? [] : ['--omit=dev']),
  ]);
  writeFileSync(STAMP, `${digest} ${dev ? 'all' : 'run'}`);
}

/** Returns when this process is the one that installs. The lock of a process that died is taken over. */
function takeLock() {
  for (let isTold = false; !tryLock(); isTold = true) {
    if (!isTold) process.stdout.write(`Another process installs: waiting for it (${LOCK}) …\n`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_EVERY_MS);
  }
}

function tryLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') giveUp(`${LOCK} could not be written: ${error.message}`);
  }
  if (!isHolderAlive()) rmSync(LOCK, { force: true });
  return false;
}

function isHolderAlive() {
  const holder = Number(existsSync(LOCK) ? readFileSync(LOCK, 'utf8') : '');
  // It may have made the file and not yet written its id.
  if (!(holder > 0)) return true;
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

/** Compiles a project and everything it rests on; what is up to date is left alone. */
export function build(project) {
  const compiler = `${root}node_modules/typescript-native/bin/tsc`;
  const { status } = spawnSync(process.execPath, [compiler, '-b', `${root}${project}`], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) giveUp(`${project} could not be built`);
}

/**
 * Builds the dashboard in a process of its own, at low priority, unless it was built from these very sources. The server does not wait for it: until the
 * page is there, one is served that says so. Errors are written to standard error. Returns the process.
 */
export function buildPageInBackground() {
  const program = `${root}apps/dashboard/build.mjs`;
  const stdio = ['ignore', 'ignore', 'inherit'];
  const builder = spawn(process.execPath, [program, '--if-stale', '--in-background'], { cwd: root, stdio });
  builder.unref();
  return builder;
}

function runNpm(args) {
  // Other package managers name themselves there as well.
  const { npm_execpath: manager = '' } = process.env;
  const isNpm = /^npm(-cli)?\.[cm]?js$/.test(basename(manager));
  const [command, before] = isNpm ? [process.execPath, [manager]] : ['npm', []];
  const { status, error } = spawnSync(command, [...before, ...args], { cwd: root, stdio: 'inherit' });
  if (error !== undefined) giveUp(`npm could not be run: ${error.message}`);
  if (status !== 0)
    giveUp('The installation failed; the lines above say why. Is the package registry within reach?');
}
