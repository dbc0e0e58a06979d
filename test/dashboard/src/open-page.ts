import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium, UNTRUSTED_HOST } from '@leveret/browser';
import { type Answers, type FixtureServer, serveFixture } from '@leveret/dashboard/fixtures';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

/** Folder for pictures of every page and state; none are taken when it is not set. */
const PICTURES = process.env['LEVERET_TEST_PICTURES'];
const HEIGHT = 900;
/** How long anything is waited for, in milliseconds: machines are busy. */
const PATIENCE_MS = 60_000;
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  console.error('policy violated:', violatedDirective, blockedURI))`;

/** How somebody looks at a page. */
export interface VisitOptions {
  /** Width of the window, in pixels. */
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** What the browser will complain of in this test, because the test brings it about. */
  readonly expectedTrouble?: RegExp;
}

/** Whether pictures are taken. */
export const takesPictures: boolean = PICTURES !== undefined;

/** How a page is opened. */
export interface OpenOptions extends VisitOptions {
  /** What the server answers instead of the usual answers. */
  readonly answers?: Answers;
  /** Path below the page, such as `/queues`. */
  readonly path?: string;
  /** Where the server is mounted. */
  readonly prefix?: string;
  /** By a name for which the browser wants HTTPS: clipboard and more are not there. */
  readonly isUntrusted?: boolean;
}

/** A page on a server of its own. */
export interface OpenPage {
  readonly page: Page;
  readonly server: FixtureServer;
}

/** Starts a browser for the tests of a `describe` block. */
export function useBrowser(): (options?: OpenOptions) => Promise<OpenPage> {
  const visit = useVisits();
  return async ({ answers, path = '', prefix, isUntrusted = false, ...look } = {}) => {
    const server = await serveFixture(answers, prefix);
    onTestFinished(() => server[Symbol.asyncDispose]());
    const url = new URL(`${server.url}${path}`);
    if (isUntrusted) url.hostname = UNTRUSTED_HOST;
    return { page: await visit(url.href, look), server };
  };
}

/**
 * Starts a browser for the tests of a `describe` block, on servers that they start. What it returns opens an address for the length of the test. The
 * test fails if the browser complains of anything (errors, warnings, violations of the security policy), or if anything but this server is asked for
 * anything.
 */
export function useVisits(): (url: string, options?: VisitOptions) => Promise<Page> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => await browser?.close());
  return (url, options) => {
    if (browser === undefined) throw new Error('the browser starts before the first test, not earlier');
    return visit(browser, url, options);
  };
}

async function visit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Page> {
  const { width = 1_280, colorScheme = 'light', expectedTrouble } = options;
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height: HEIGHT },
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const trouble: string[] = [];
  page.on('console', (message) => trouble.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin)) trouble.push(`asked for ${request.url()}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(trouble.filter((words) => expectedTrouble?.test(words) !== true)).toEqual([]);
  });
  await page.addInitScript(REPORT_VIOLATIONS);
  await page.goto(url);
  return page;
}

/** Takes a picture of the whole page, where pictures are wanted. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
