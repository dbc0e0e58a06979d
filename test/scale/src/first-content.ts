import type { Browser, Page } from 'playwright-core';
import { openWindow, type Stage } from './stage.ts';

/** Pages, and what of them shows real data. */
export const FIRST_CONTENT = {
  Overview: { path: '/admin', selector: 'table[aria-label="Queues"] tbody tr' },
  Jobs: { path: '/admin/jobs', selector: 'tr.job-row' },
  Failures: { path: '/admin/failures', selector: '.failure-group' },
  Queues: { path: '/admin/queues', selector: 'table[aria-label="Queues"] tbody tr' },
} as const;

/** Notes when `selector` has been painted, in milliseconds since the navigation started. */
function watchFor(selector: string): string {
  return `(() => {
    const look = () => {
      if (document.querySelector(${JSON.stringify(selector)}) === null) return requestAnimationFrame(look);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { window.paintedAt = performance.now(); };
      port2.postMessage(null);
    };
    requestAnimationFrame(look);
  })()`;
}

/** Opens a page `times` times, each time without anything in the cache. Returns when its first data was painted, in milliseconds since the navigation started. */
export async function measureFirstContent(
  stage: Stage,
  { path, selector }: { readonly path: string; readonly selector: string },
  times: number,
): Promise<readonly number[]> {
  const durations: number[] = [];
  for (let time = 0; time < times; time += 1) durations.push(await measureOnce(stage, path, selector));
  return durations;
}

async function measureOnce(stage: Stage, path: string, selector: string): Promise<number> {
  const page = await openWindow(stage, stage.browser);
  await page.addInitScript(watchFor(selector));
  await page.goto(`${stage.admin.url}${path}`);
  const paintedAt = await page.waitForFunction(
    () => (globalThis as { readonly paintedAt?: number }).paintedAt,
  );
  const duration = Number(await paintedAt.jsonValue());
  await page.context().close();
  return duration;
}

/** Opens a page of the dashboard, and waits for its data. */
export async function openDashboard(
  stage: Stage,
  { path, selector }: { readonly path: string; readonly selector: string },
  browser: Browser = stage.browser,
): Promise<Page> {
  const page = await openWindow(stage, browser);
  await page.goto(`${stage.admin.url}${path}`);
  await page.locator(selector).first().waitFor();
  return page;
}
