import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** The page as it is built for users, from the sources as they are. */
export default function buildPage(): void {
  execFileSync(process.execPath, ['apps/dashboard/build.mjs', '--if-stale'], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
}
