import { describeInBrowser } from '@leveret/browser';
import { type Answers, failuresAnswer, setAsideAnswer } from '@leveret/dashboard/fixtures';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { useBrowser } from './open-page.ts';

const nameOfFocused = (page: Page) =>
  page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent');

/** The groups from a place on. */
const groupsFrom = (place: number): Answers => ({
  'GET /failures': () => {
    const { groups, lag } = failuresAnswer();
    return { groups: groups.slice(place), lag };
  },
  'GET /operations': () => ({ operations: [] }),
});

/** The messages from a place on. */
const messagesFrom = (place: number): Answers => ({
  'GET /set-aside/:kind': (asked) => {
    const { entries, counts } = setAsideAnswer(asked);
    return { entries: entries.slice(place), counts };
  },
});

describeInBrowser('the focus', () => {
  const open = useBrowser();

  test('goes to the next group when its own leaves the list, and to the heading after the last one', async () => {
    const { page, server } = await open({ path: '/failures', answers: groupsFrom(0) });
    await page.getByRole('button', { name: 'Retry…' }).first().focus();

    server.answer(groupsFrom(1));
    await page.getByRole('status').getByText('no longer in the list').waitFor();
    const afterFirst = await nameOfFocused(page);
    server.answer(groupsFrom(3));
    await page.getByText('No job fails.').waitFor();

    expect(afterFirst).toBe('moov atom not found');
    await expect.poll(() => nameOfFocused(page)).toBe('Failures');
  });

  test('stays where it is when a group leaves that does not have it, and where nothing has it', async () => {
    const { page, server } = await open({ path: '/failures', answers: groupsFrom(0) });
    const link = page.getByRole('navigation').getByRole('link', { name: 'Workers' });
    const leaves = (group: string) =>
      page.getByRole('button', { name: group }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Retry…' }).first().focus();
    await link.focus();

    server.answer(groupsFrom(1));
    await leaves('connect ECONNREFUSED');
    const whileElsewhere = await nameOfFocused(page);
    await page.getByRole('button', { name: 'Retry…' }).first().focus();
    await page.evaluate('document.activeElement.blur()');
    server.answer(groupsFrom(2));
    await leaves('moov atom not found');

    expect(whileElsewhere).toBe('Workers');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('BODY');
    expect(await page.getByText('no longer in the list').count()).toBe(0);
  });

  test('goes to the next entry that is set aside, and to the heading after the last one', async () => {
    const { page, server } = await open({ path: '/set-aside' });
    await page.getByRole('button', { name: 'Show entry 1' }).focus();

    server.answer(messagesFrom(1));
    await page.evaluate("dispatchEvent(new Event('visibilitychange'))");
    await page.getByRole('status').getByText('no longer in the list').waitFor();
    const afterFirst = await nameOfFocused(page);
    server.answer(messagesFrom(3));
    await page.evaluate("dispatchEvent(new Event('visibilitychange'))");
    await page.getByText('No messages are set aside.').waitFor();

    expect(afterFirst).toBe('Select entry 2');
    await expect.poll(() => nameOfFocused(page)).toBe('Set aside');
  });

  test('stays next to a button that is gone because it has done what it was for', async () => {
    const { page } = await open({ path: '/jobs?filter=state:dead' });
    await page.getByRole('checkbox', { name: '100 shown' }).check();

    await page.getByRole('button', { name: 'Select all 2,310 that match' }).press('Enter');

    await page.getByRole('checkbox', { name: 'All 2,310 that match' }).and(page.locator(':focus')).waitFor();
  });

  test('stays in a row that is scrolled out of the window', async () => {
    const { page } = await open({ path: '/jobs' });
    const box = page.getByRole('checkbox', { name: 'Select job 0198c0de…0003' });
    await box.focus();

    await page.mouse.move(600, 600);
    await page.mouse.wheel(0, 2_500);
    await page.getByRole('link', { name: '0198c0de…0046' }).waitFor();
    expect(await nameOfFocused(page)).toBe('Select job 0198c0de…0003');
    await page.keyboard.press('Space');

    expect(await box.isChecked()).toBe(true);
  });
});
