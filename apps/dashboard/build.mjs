import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

// Builds the page into `libs/admin/page`, from where the admin plugin serves it: `node apps/dashboard/build.mjs [--if-stale] [--in-background]`.

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = join(root, 'libs/admin/page');
/** Digest of the sources that the page was built from. */
const STAMP = 'source-digest';
/** Files and folders that the page is built from, besides packages of others. */
const SOURCES = [
  'package-lock.json',
  ...['index.html', 'vite.config.ts', 'build.mjs', 'src'].map((name) => `apps/dashboard/${name}`),
  ...['libs/core/src', 'libs/http-contract/src', 'libs/http/assets/tokens.css', 'libs/http/assets/icon.svg'],
];
/** Most of JavaScript and CSS together, in bytes after gzip: what the first page needs, and what each other page adds. */
const BUDGET = { first: 170_000, further: 60_000 };
const FIRST_PAGE = 'overview-page';

const digest = digestOfSources();
const isFresh = existsSync(join(page, STAMP)) && readFileSync(join(page, STAMP), 'utf8') === digest;
const isInBackground = process.argv.includes('--in-background');
if (!(isFresh && process.argv.includes('--if-stale'))) {
  // Not the lowest: on a machine that is busy with other things, the page would never be built.
  if (isInBackground) setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  await buildPage();
}

function digestOfSources() {
  const hash = createHash('sha256');
  const files = SOURCES.flatMap(filesBelow).filter((name) => !/\.test\.tsx?$/.test(name));
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(`${path}/${name}`));
}

/** Builds beside the page that is served, and swaps the two: a server never reads half a page. */
async function buildPage() {
  // Tests and tools set others: then React would be the one for development.
  process.env.NODE_ENV = 'production';
  const { build } = await import('vite');
  const fresh = `${page}.${process.pid}.new`;
  const old = `${page}.${process.pid}.old`;
  process.once('exit', () => {
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  mkdirSync(fresh, { recursive: true });
  const { output } = await build({
    configFile: fileURLToPath(new URL('vite.config.ts', import.meta.url)),
    // In the background it writes between the lines of a server.
    logLevel: isInBackground ? 'error' : 'warn',
    build: { outDir: fresh, emptyOutDir: true },
  });
  checkBudget(output);
  writeFileSync(join(fresh, STAMP), digest);
  if (existsSync(page)) renameSync(page, old);
  renameSync(fresh, page);
}

function checkBudget(output) {
  const files = new Map(output.map((file) => [file.fileName, file]));
  const entry = output.find((file) => file.type === 'chunk' && file.isEntry);
  const pages = output.filter((file) => file.isDynamicEntry && /\/src\/pages\//.test(file.facadeModuleId));
  const nameOf = ({ facadeModuleId }) => basename(facadeModuleId, '.tsx');
  const first = pages.find((file) => nameOf(file) === FIRST_PAGE);
  if (first === undefined) throw new Error(`the bundle has no chunk for ${FIRST_PAGE}`);
  const shell = new Set([...filesOf(entry, files), ...filesOf(first, files)]);
  report(`shell and ${FIRST_PAGE}`, sizeOf(shell, files), BUDGET.first);
  for (const file of pages) {
    if (file === first) continue;
    const added = [...filesOf(file, files)].filter((name) => !shell.has(name));
    report(nameOf(file), sizeOf(added, files), BUDGET.further);
  }
}

/** Names of the chunks and styles that a chunk loads before it runs, its own among them. */
function filesOf(chunk, files, seen = new Set()) {
  if (seen.has(chunk.fileName)) return seen;
  seen.add(chunk.fileName);
  for (const style of chunk.viteMetadata?.importedCss ?? []) seen.add(style);
  for (const name of chunk.imports) if (files.has(name)) filesOf(files.get(name), files, seen);
  return seen;
}

function sizeOf(names, files) {
  const contentOf = (file) => (file.type === 'chunk' ? file.code : file.source);
  return [...names].reduce((sum, name) => sum + gzipSync(contentOf(files.get(name)), { level: 9 }).length, 0);
}

function report(name, bytes, limit) {
  process.stdout.write(`${name}: ${(bytes / 1_000).toFixed(1)} of ${limit / 1_000} kB\n`);
  if (bytes > limit) throw new Error(`${name} has ${bytes} bytes after gzip; at most ${limit} are allowed`);
}
