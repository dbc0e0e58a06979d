import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// What has to be there before anything of the project can run. It depends on nothing but Node itself.

/** Root of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
/** Says which lock file was installed, and whether with the tools of development. */
const STAMP = `${root}node_modules/.leveret-installed`;
/** Oldest Node, as package.json says. */
const OLDEST = [20, 19];

/** Ends the process with a word to the person who started it. */
function giveUp(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

/** Ends the process when Node is too old. */
export function requireNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  giveUp(
    `Leveret needs Node ${OLDEST.join('.')} or later; this is ${version}. Get it from https://nodejs.org`,
  );
}

/**
 * Installs what running needs, or with `dev` what development needs, unless that is there for this very lock file. Install
 * scripts are not run: nothing is compiled, nothing is downloaded but packages.
 */
export function ensureInstalled({ dev }) {
  const digest = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
  const [installed, scope] = existsSync(STAMP) ? readFileSync(STAMP, 'utf8').split(' ') : [];
  if (installed === digest && (scope === 'all' || !dev)) return;
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

/** Compiles a project and everything it rests on; what is up to date is left alone. */
export function build(project) {
  const compiler = `${root}node_modules/typescript-native/bin/tsc`;
  const { status } = spawnSync(process.execPath, [compiler, '-b', `${root}${project}`], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) giveUp(`${project} could not be built`);
}

function runNpm(args) {
  const { npm_execpath: npm } = process.env;
  const [command, before] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const { status, error } = spawnSync(command, [...before, ...args], { cwd: root, stdio: 'inherit' });
  if (error !== undefined) giveUp(`npm could not be run: ${error.message}`);
  if (status !== 0)
    giveUp('The installation failed; the lines above say why. Is the package registry within reach?');
}
