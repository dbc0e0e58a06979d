import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { Stage } from './stage.ts';

/** How somebody looks at the page. */
export interface VisitOptions {
  /** Width of the window, in pixels. */
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
  /** What the browser will complain of in this test, because the test brings it about. */
  readonly expectedTrouble?: RegExp;
  /** Called before the page is loaded. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

const HEIGHT = 900;
/** How long anything is waited for, in milliseconds: machines are busy. */
const PATIENCE_MS = 60_000;
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  console.error('policy violated:', violatedDirective, blockedURI))`;

/**
 * Opens the upload page, for the length of the test. The test fails if the browser complains of anything (errors, warnings,
 * violations of the security policy), if a dialog opens, or if anything but this server is asked for anything.
 */
export async function visit(
  { browser, gate }: Stage,
  { width = 1_440, expectedTrouble, prepare, ...looks }: VisitOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ ...looks, viewport: { width, height: HEIGHT } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const trouble = listenForTrouble(page, gate.url);
  onTestFinished(async () => {
    gate.release();
    await context.close();
    expect(trouble.filter((words) => expectedTrouble?.test(words) !== true)).toEqual([]);
  });
  // With a listener there from the start, a chooser of files is told and never shown.
  page.on('filechooser', () => {});
  await page.addInitScript(REPORT_VIOLATIONS);
  await prepare?.(page);
  await page.goto(gate.url);
  return page;
}

function listenForTrouble(page: Page, url: string): readonly string[] {
  const trouble: string[] = [];
  const { origin } = new URL(url);
  page.on('console', (message) => {
    if (message.type() !== 'log') trouble.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => trouble.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) trouble.push(`asked for ${request.url()}`);
  });
  page.on('dialog', async (dialog) => {
    trouble.push(`dialog: ${dialog.type()} ${dialog.message()}`);
    await dialog.accept();
  });
  return trouble;
}
