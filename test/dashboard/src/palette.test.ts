import { describeInBrowser } from '@leveret/browser';
import { RETRYING_JOB, sessionOf } from '@leveret/dashboard/fixtures';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { useBrowser } from './open-page.ts';

const fieldOf = (page: Page) => page.getByRole('combobox', { name: 'Command' });

async function openPalette(page: Page, key = 'Control+K'): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: 'Audit' }).waitFor();
  await page.keyboard.press(key);
  await fieldOf(page).waitFor();
}

describeInBrowser('the palette of commands', () => {
  const open = useBrowser();

  test('is loaded when it is opened first', async () => {
    const { page } = await open();
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
    await page.getByText('Live', { exact: true }).waitFor();
    const isLoaded = () => loaded.some((path) => /\/palette-[\w-]+\.js$/.test(path));
    expect(isLoaded()).toBe(false);

    await openPalette(page);

    expect(isLoaded()).toBe(true);
  });

  test.each(['Control+K', 'Meta+K'])(
    'opens by %s, and leads to pages by arrow keys and Enter',
    async (key) => {
      const { page } = await open();
      await openPalette(page, key);
      await fieldOf(page).fill('s');
      await page.getByRole('option', { name: 'Jobs', selected: true }).waitFor();

      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.getByRole('option', { name: 'Failures', selected: true }).waitFor();
      await page.keyboard.press('Enter');

      await page.getByRole('heading', { level: 1, name: 'Failures' }).waitFor();
      expect(await fieldOf(page).count()).toBe(0);
    },
  );

  test('opens a job by its id, and lists jobs by the beginning of one', async () => {
    const { page } = await open();
    await openPalette(page);
    await fieldOf(page).fill(RETRYING_JOB);
    await page.keyboard.press('Enter');
    await page.getByText('Why is it not running?').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/admin/jobs/${RETRYING_JOB}`);

    await page.keyboard.press('Control+K');
    await fieldOf(page).fill('0198c0de');
    await page.keyboard.press('Enter');

    await page.getByRole('button', { name: 'Remove id:0198c0de' }).waitFor();
  });

  test('pauses a queue after it has asked for a reason', async () => {
    const { page, server } = await open({ path: '/audit' });
    await page.getByRole('button', { name: 'Go to…' }).click();
    await fieldOf(page).fill('pause mail');

    await page.keyboard.press('Enter');
    await page.getByLabel('Reason').fill('The mail server is down.');
    await page.getByRole('button', { name: 'Pause queue' }).click();

    await page.getByRole('status').getByText('Queue mail is paused.').waitFor();
    expect(server.requests).toEqual([
      { route: 'POST /queues/mail/pause', body: { reason: 'The mail server is down.' } },
    ]);
  });

  test('closes by Escape, gives the focus back, and does not open over a question', async () => {
    const { page } = await open({ path: '/queues/mail' });
    const pause = page.getByRole('button', { name: 'Pause…' });
    await pause.focus();
    await openPalette(page);
    await page.keyboard.press('Escape');
    await fieldOf(page).waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Pause…');

    await pause.click();
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Escape');

    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await fieldOf(page).count()).toBe(0);
  });

  test('does not offer what the account may not do', async () => {
    const { page } = await open({ answers: { 'GET /session': () => sessionOf('viewer') } });
    await openPalette(page);

    await fieldOf(page).fill('queue mail');

    await page.getByRole('option', { name: 'Queue mail' }).waitFor();
    expect(await page.getByRole('option').count()).toBe(1);
  });
});
