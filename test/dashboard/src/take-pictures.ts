import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '@leveret/browser/chromium';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import buildPage from './build-page.ts';

/** The entry of `npm run pictures`: takes the pictures of the README from the built page, with scripted answers. */

const FOLDER = fileURLToPath(new URL('../../../docs/pictures/', import.meta.url));
/** The time in all pictures: they differ only when the page does. */
const TAKEN_AT = Date.parse('2026-03-14T03:12:00Z');
const WIDTH = 1_280;
/** Pixels of a picture for each of the page, so that it is sharp on dense displays. */
const DENSITY = 1.5;
const QUALITY = 80;

/** A page of which a picture is taken, and words that are there once it is. */
interface Picture {
  readonly name: string;
  readonly path: string;
  readonly words: string;
  /** Of the window, in pixels. */
  readonly height: number;
}

// The answers count from now. Set before they are loaded.
Date.now = () => TAKEN_AT;
const { MAIL_FAILURES, RETRYING_JOB, serveFixture } = await import('@leveret/dashboard/fixtures');

const PICTURES: readonly Picture[] = [
  { name: 'overview', path: '', words: 'Queue reports has 318 jobs and no worker.', height: 790 },
  { name: 'job', path: `/jobs/${RETRYING_JOB}`, words: 'The same failure', height: 850 },
  {
    name: 'failures',
    path: `/failures?fingerprint=${MAIL_FAILURES}`,
    words: 'What differs between the newest',
    height: 650,
  },
];

async function take(
  page: Page,
  url: string,
  { name, path, words, height: windowHeight }: Picture,
  look: string,
): Promise<void> {
  await page.setViewportSize({ width: WIDTH, height: windowHeight });
  await page.goto(`${url}${path}`);
  await page.getByText(words).first().waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  const { width, height } = await sharp(await page.screenshot({ animations: 'disabled' }))
    .webp({ quality: QUALITY, effort: 6 })
    .toFile(join(FOLDER, `${name}-${look}.webp`));
  process.stdout.write(`${name}-${look}.webp: ${width} × ${height}\n`);
}

buildPage();
await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
const server = await serveFixture();
const browser = await launchChromium();
for (const colorScheme of ['light', 'dark'] as const) {
  const context = await browser.newContext({
    colorScheme,
    deviceScaleFactor: DENSITY,
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(TAKEN_AT);
  for (const picture of PICTURES) await take(page, server.url, picture, colorScheme);
  await context.close();
}
await browser.close();
await server[Symbol.asyncDispose]();
