import type { Page } from 'playwright-core';
import { FIRST_CONTENT, openDashboard } from './first-content.ts';
import type { Stage } from './stage.ts';

/** Something that a person does, and how they see that the page has taken it. */
interface Interaction {
  /** The event of the browser from which on the time is counted. */
  readonly event: 'keydown' | 'click' | 'wheel';
  /** An expression that is true in the page once it shows what was done. */
  readonly isShown: string;
  readonly act: () => Promise<unknown>;
}

/** Resolves with the time from the event to the paint that shows what it did, in milliseconds. */
const WATCH = `window.watch = (type, isShown) => new Promise((resolve) => {
  addEventListener(type, ({ timeStamp }) => {
    const onFrame = () => requestAnimationFrame(() => {
      const shown = isShown();
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => shown ? resolve(performance.now() - timeStamp) : onFrame();
      port2.postMessage(null);
    });
    onFrame();
  }, { capture: true, once: true });
})`;

const ROWS = `[...document.querySelectorAll('tr.job-row')]`;
const FIELD = `document.querySelector('[role=combobox]')`;
const TYPED = 'state:dead';
const WHEEL_PX = 700;

/** How long each kind of interaction took, in milliseconds. */
export async function measureInteractions(
  stage: Stage,
  times: number,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const jobs = await openDashboard(stage, FIRST_CONTENT.Jobs);
  await jobs.evaluate(WATCH);
  const onJobs = {
    'typing in the filter': await typeFilter(jobs, times),
    'selecting a row': await selectRows(jobs, times),
    'selecting all rows': await selectAll(jobs, times),
    'scrolling the list': await scroll(jobs, times),
    'choosing a state': await toggleState(jobs, times),
  };
  await jobs.context().close();
  const failures = await openDashboard(stage, FIRST_CONTENT.Failures);
  await failures.evaluate(WATCH);
  const onFailures = { 'opening a group of failures': await openGroups(failures, times) };
  await failures.context().close();
  return { ...onJobs, ...onFailures };
}

async function measure(page: Page, { event, isShown, act }: Interaction): Promise<number> {
  await page.evaluate(`void (window.measured = watch(${JSON.stringify(event)}, () => ${isShown}))`);
  await act();
  return Number(await page.evaluate('window.measured'));
}

/** Letter by letter, until a whole term is there; then it is cleared. */
async function typeFilter(page: Page, times: number): Promise<readonly number[]> {
  const durations: number[] = [];
  await page.getByRole('combobox', { name: 'Filter' }).click();
  for (let time = 0; time < times; time += 1) {
    const length = (time % TYPED.length) + 1;
    durations.push(
      await measure(page, {
        event: 'keydown',
        isShown: `${FIELD}.value === ${JSON.stringify(TYPED.slice(0, length))}`,
        act: () => page.keyboard.press(TYPED.charAt(length - 1)),
      }),
    );
    if (length === TYPED.length)
      await page.keyboard.press('Control+A').then(() => page.keyboard.press('Delete'));
  }
  await page.getByRole('combobox', { name: 'Filter' }).fill('');
  await page.keyboard.press('Escape');
  return durations;
}

async function selectRows(page: Page, times: number): Promise<readonly number[]> {
  const durations: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const row = page.locator('tr.job-row').nth(time % 10);
    const index = await row.getAttribute('aria-rowindex');
    const isSelected = (await row.getAttribute('data-selected')) !== null;
    durations.push(
      await measure(page, {
        event: 'click',
        isShown: `document.querySelector('tr.job-row[aria-rowindex="${index}"]').hasAttribute('data-selected') !== ${isSelected}`,
        act: () => row.getByRole('checkbox').click(),
      }),
    );
  }
  return durations;
}

async function selectAll(page: Page, times: number): Promise<readonly number[]> {
  const box = page.locator('.select-shown input');
  await box.setChecked(false);
  const durations: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const isSelected = time % 2 === 1;
    durations.push(
      await measure(page, {
        event: 'click',
        isShown: `${ROWS}.every((row) => row.hasAttribute('data-selected') !== ${isSelected})`,
        act: () => box.click(),
      }),
    );
  }
  await box.setChecked(false);
  return durations;
}

/** Down the list, page after page: rows are there for the whole window again. */
async function scroll(page: Page, times: number): Promise<readonly number[]> {
  await page.locator('tr.job-row').nth(5).hover();
  const durations: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const before = Number(await page.evaluate('scrollY'));
    durations.push(
      await measure(page, {
        event: 'wheel',
        isShown: `scrollY > ${before} && Math.max(...${ROWS}.map((row) => row.getBoundingClientRect().bottom)) >= innerHeight`,
        act: () => page.mouse.wheel(0, WHEEL_PX),
      }),
    );
    await page.waitForFunction(
      (y) => (globalThis as unknown as { readonly scrollY: number }).scrollY >= y,
      before + WHEEL_PX,
    );
  }
  await page.evaluate('scrollTo(0, 0)');
  return durations;
}

async function toggleState(page: Page, times: number): Promise<readonly number[]> {
  const button = page.locator('.states').getByRole('button', { name: /^Dead/ });
  const durations: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const isPressed = time % 2 === 0;
    durations.push(
      await measure(page, {
        event: 'click',
        isShown: `document.querySelectorAll('.states [aria-pressed=true]').length === 1 && (document.querySelector('.states [aria-pressed=true]').textContent.startsWith('All') !== ${isPressed})`,
        act: () => button.click(),
      }),
    );
    await page.locator('tr.job-row').first().waitFor();
  }
  return durations;
}

async function openGroups(page: Page, times: number): Promise<readonly number[]> {
  const durations: number[] = [];
  for (let time = 0; time < times; time += 1) {
    // Opened and closed in turn.
    const toggle = page.locator('.failure-toggle').nth(Math.floor(time / 2) % 5);
    const isExpanded = (await toggle.getAttribute('aria-expanded')) === 'true';
    durations.push(
      await measure(page, {
        event: 'click',
        isShown: `document.querySelectorAll('.failure-toggle')[${Math.floor(time / 2) % 5}].ariaExpanded === '${!isExpanded}'`,
        act: () => toggle.click(),
      }),
    );
  }
  return durations;
}
