import { hasProgram } from '@leveret/testing/machine';
import { describe } from 'vitest';

/** `describe` for tests that need the browser: without it they are skipped, and the output says so. */
export const describeInBrowser: typeof describe.only = describe.skipIf(sayIfMissing());

function sayIfMissing(): boolean {
  if (hasProgram('chromium')) return false;
  process.stderr.write(
    'SKIPPED: there is no chromium on this machine; on Debian: apt-get install chromium-headless-shell\n',
  );
  return true;
}
