import { createRequire, syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import threads from 'node:worker_threads';

// Starts worker threads whose entry is TypeScript from a bundle, made once in each process. A thread that loads its sources one by one
// needs a second of a processor before it starts, on Node 20, and tests start hundreds of threads.

const require = createRequire(import.meta.url);
const { Worker } = threads;
const bundleByEntry = new Map();

threads.Worker = class extends Worker {
  constructor(entry, options) {
    if (!(entry instanceof URL && entry.pathname.endsWith('.ts'))) super(entry, options);
    else super(bundleOf(fileURLToPath(entry)), { ...options, eval: true, execArgv: [] });
  }
};
syncBuiltinESMExports();

/** The thread in one script. */
function bundleOf(entry) {
  const made = bundleByEntry.get(entry) ?? bundle(entry);
  bundleByEntry.set(entry, made);
  return made;
}

function bundle(entry) {
  const { outputFiles } = require('esbuild').buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: `node${process.versions.node}`,
    conditions: ['@leveret/source'],
    // It finds its binary beside itself.
    external: ['libsql'],
    // A script has no place: it loads packages as its entry does.
    banner: { js: `require = require('node:module').createRequire(${JSON.stringify(entry)});` },
    absWorkingDir: dirname(entry),
  });
  return outputFiles[0].text;
}
