import { hasProgram } from '@leveret/testing/machine';
import { type Browser, chromium } from 'playwright-core';
import { describe } from 'vitest';

const CHROMIUM_PATH = '/usr/bin/chromium';
/** A name of this machine whose pages the browser does not trust without HTTPS, as it trusts those of `127.0.0.1`. */
export const UNTRUSTED_HOST = 'leveret.test';
/** Nothing but the pages under test: no sandbox (tests run as root in containers), no graphics card, no calls home. */
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=MAP ${UNTRUSTED_HOST} 127.0.0.1`,
];

/** `describe` for tests that need the browser: without it they are skipped, and the output says so. */
export const describeInBrowser: typeof describe.only = describe.skipIf(sayIfMissing());

/** Starts a browser of its own. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM_PATH, args: SWITCHES });
}

function sayIfMissing(): boolean {
  if (hasProgram('chromium')) return false;
  process.stderr.write(
    'SKIPPED: there is no chromium on this machine; on Debian: apt-get install chromium\n',
  );
  return true;
}
