import { copyFile, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { projectRoot, readManifest } from './libraries.ts';
import type { PackedLibrary } from './pack-libraries.ts';
import { type CommandReport, runCommand, runOrThrow } from './run-command.ts';

/** A project of a user, outside of this one. */
export interface BlankProject {
  readonly path: string;
  /** Writes a source into it. */
  write(name: string, text: string): Promise<void>;
  /** Copies a source into it, under its own name. */
  add(source: URL): Promise<void>;
  /** Runs Node in it: `args` are the path of a file, and what goes before. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandReport>;
  /** Names of all packages that are installed in it. */
  installed(): Promise<readonly string[]>;
}

/** What is installed into it, and where it is made. */
export interface BlankProjectOptions {
  /** A folder that is no project, and in none. */
  readonly workshop: string;
  readonly packages: readonly string[];
  /** Whose tarballs stand for the packages of their names. */
  readonly packed: readonly PackedLibrary[];
}

/** Makes a project in a folder of its own and installs packages into it, as somebody would who has only npm. */
export async function createBlankProject(options: BlankProjectOptions): Promise<BlankProject> {
  const { workshop, packages, packed } = options;
  const path = await mkdtemp(join(workshop, 'blank-'));
  await writeFile(join(path, 'package.json'), '{ "name": "blank", "private": true }\n');
  const wanted = packages.map(
    (name) => packed.find((library) => library.name === name)?.tarball ?? pin(name),
  );
  // One command for all of them: so each library finds its siblings, which no registry has.
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await runOrThrow('npm', ['install', ...wanted, ...flags], { cwd: path });
  return {
    path,
    write: (name, text) => writeFile(join(path, name), text),
    add: (source) => copyFile(source, join(path, posix.basename(source.pathname))),
    run: (args, env = {}) => runCommand(process.execPath, args, { cwd: path, env }),
    installed: () => listPackages(join(path, 'node_modules')),
  };
}

/** The version that the project itself is tested with. */
function pin(name: string): string {
  return `${name}@${readManifest(join(projectRoot, 'node_modules', name)).version}`;
}

async function listPackages(nodeModules: string): Promise<readonly string[]> {
  const paths = await readdir(nodeModules, { recursive: true });
  const manifests = paths.filter((path) => /(^|node_modules\/)(@[^/]+\/)?[^/@]+\/package\.json$/.test(path));
  return manifests.map((path) => path.replace(/^(.*node_modules\/)?(.*)\/package\.json$/, '$2')).sort();
}
