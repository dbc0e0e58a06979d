import { findProgram } from '@leveret/testing/machine';
import { type Browser, chromium } from 'playwright-core';

/** The browser of the system; tests that need it are skipped without it. */
export const CHROMIUM_PATH: string = findProgram('chromium') ?? 'chromium';
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

/** Starts a browser of its own. @param executablePath What starts it: a program that takes the arguments of Chromium. */
export function launchChromium(executablePath: string = CHROMIUM_PATH): Promise<Browser> {
  return chromium.launch({ executablePath, args: SWITCHES });
}
