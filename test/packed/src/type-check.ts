import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from './libraries.ts';
import { runCommand, runOrThrow } from './run-command.ts';

/** A compiler that users may have. */
export interface Compiler {
  readonly name: string;
  readonly path: string;
}

const installed = join(projectRoot, 'node_modules');

/** The compilers that users may have, the fastest first. */
export const COMPILERS = [
  { name: 'TypeScript 7', path: join(installed, 'typescript-native/bin/tsc') },
  { name: 'TypeScript 6', path: join(installed, 'typescript/bin/tsc') },
] as const satisfies readonly Compiler[];

/** How a project says that its imports are found. */
export interface Resolution {
  readonly name: string;
  readonly module: string;
  readonly moduleResolution: string;
}

/** Where Node runs what the compiler makes, and where a bundler takes it. */
export const RESOLUTIONS = [
  { name: 'NodeNext', module: 'nodenext', moduleResolution: 'nodenext' },
  { name: 'bundler resolution', module: 'esnext', moduleResolution: 'bundler' },
] as const satisfies readonly Resolution[];

/** What is checked, by what rules. */
export interface TypeCheck {
  readonly compiler: Compiler;
  readonly resolution: Resolution;
  readonly files: readonly string[];
}

/** Has a compiler check files of a project and all declarations they lead to, by `strict`. @returns Its complaints. */
export async function typeCheck(project: string, check: TypeCheck): Promise<string> {
  const settings = await writeSettings(project, check);
  const args = [check.compiler.path, '--noEmit', '-p', settings];
  const { code, stdout, stderr } = await runCommand(process.execPath, args, { cwd: project });
  const complaints = `${stdout}${stderr}`;
  return code === 0 || complaints !== '' ? complaints : `${check.compiler.name} ended with ${code}`;
}

/** Compiles files of a project into its folder `dist`, for Node. Types are not looked at: that is for {@link typeCheck}. */
export async function compile(project: string, files: readonly string[]): Promise<void> {
  const [compiler] = COMPILERS;
  const settings = await writeSettings(project, { compiler, resolution: RESOLUTIONS[0], files });
  const args = [compiler.path, '--noCheck', '--outDir', 'dist', '-p', settings];
  await runOrThrow(process.execPath, args, { cwd: project });
}

async function writeSettings(
  project: string,
  { resolution: { module, moduleResolution }, files }: TypeCheck,
): Promise<string> {
  const name = `tsconfig.${module}.json`;
  const compilerOptions = {
    ...{ target: 'es2023', lib: ['es2023'], types: ['node'], module, moduleResolution, rootDir: '.' },
    ...{ strict: true, skipLibCheck: false },
  };
  await writeFile(join(project, name), JSON.stringify({ compilerOptions, files }));
  return name;
}
