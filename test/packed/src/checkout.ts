import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { projectRoot, publishedLibraries } from './libraries.ts';
import { runOrThrow } from './run-command.ts';

/** What is made, not written. */
const MADE = ['dist', 'node_modules'];

/**
 * Copies the libraries to `folder` as a fresh clone has them and compiles them there: nothing that an earlier build left
 * behind is packed, and nobody's build is touched.
 */
export async function buildCheckout(folder: string): Promise<void> {
  const libraries = join(projectRoot, 'libs');
  await mkdir(folder, { recursive: true });
  await cp(join(projectRoot, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'));
  await cp(libraries, join(folder, 'libs'), {
    recursive: true,
    filter: (source) => !MADE.includes(basename(source)),
  });
  await linkVendors(folder);
  const compiler = join(projectRoot, 'node_modules/typescript-native/bin/tsc');
  const projects = publishedLibraries.map((library) => `libs/${library.folder}`);
  await runOrThrow(process.execPath, [compiler, '-b', ...projects], { cwd: folder });
}

/** Gives `folder` what is installed in the project, except that its own libraries are those in `folder`. */
async function linkVendors(folder: string): Promise<void> {
  const own = join(folder, 'node_modules/@leveret');
  await mkdir(own, { recursive: true });
  await linkInstalled(join(folder, 'node_modules'));
  for (const { folder: library } of publishedLibraries) {
    await symlink(join(folder, 'libs', library), join(own, library));
    await linkNested(library, join(folder, 'libs', library));
  }
}

/** Links all packages of the project into `nodeModules`, its own libraries left out. */
export async function linkInstalled(nodeModules: string): Promise<void> {
  const installed = join(projectRoot, 'node_modules');
  const names = (await readdir(installed)).filter((name) => name !== '@leveret' && !name.startsWith('.'));
  await Promise.all(names.map((name) => symlink(join(installed, name), join(nodeModules, name))));
}

/** Links what is installed for one library alone, because others need another version of it. */
export async function linkNested(library: string, folder: string): Promise<void> {
  const nested = join(projectRoot, 'libs', library, 'node_modules');
  const names = await readdir(nested).catch(() => []);
  if (names.length > 0) await symlink(nested, join(folder, 'node_modules'));
}
