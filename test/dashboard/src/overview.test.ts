import { describeInBrowser } from '@leveret/browser';
import { overviewAnswer } from '@leveret/dashboard/fixtures';
import { expect, test } from 'vitest';
import { useBrowser } from './open-page.ts';

/** Figures whose content is wider than they are. */
const OVERFLOWING = `[...document.querySelectorAll('.figure')].filter((figure) => {
  const edge = figure.getBoundingClientRect().right;
  return [...figure.querySelectorAll('*')].some((part) => part.getBoundingClientRect().right > edge);
}).map(({ textContent }) => textContent)`;

describeInBrowser('the overview', () => {
  const open = useBrowser();

  test('has room for the longest rate beside its line', async () => {
    const overview = overviewAnswer();
    const { ledger } = overview;
    const queues = (ledger?.queues ?? []).map((queue) => ({ ...queue, outPerSecond: 0.001 }));
    const answer = { ...overview, ...(ledger === undefined ? {} : { ledger: { ...ledger, queues } }) };
    const { page } = await open({ answers: { 'GET /overview': () => answer } });

    await page.locator('.figure').getByText('under 0.1').waitFor();

    expect(await page.evaluate(OVERFLOWING)).toEqual([]);
  });
});
