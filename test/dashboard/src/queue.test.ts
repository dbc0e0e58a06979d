import { describeInBrowser } from '@leveret/browser';
import {
  overviewAnswer,
  queueDetailsAnswer,
  queueListAnswer,
  refusal,
  sessionOf,
} from '@leveret/dashboard/fixtures';
import type { QueueSummaryView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { useBrowser } from './open-page.ts';

describeInBrowser('a queue', () => {
  const open = useBrowser();

  test('is paused with a reason; the focus returns to the button', async () => {
    const { page, server } = await open({ path: '/queues/mail' });
    await page.getByRole('button', { name: 'Pause…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pause queue mail?' });
    await dialog.getByText('11,902 jobs will go on waiting.').waitFor();
    await dialog.getByText('2,310 delayed or retrying jobs will wait, too, when due.').waitFor();

    await dialog.getByLabel('Reason').fill('The mail server is being moved.');
    await dialog.getByRole('button', { name: 'Pause queue' }).click();

    await page.getByRole('status').getByText('Queue mail is paused.').waitFor();
    expect(server.requests).toEqual([
      { route: 'POST /queues/mail/pause', body: { reason: 'The mail server is being moved.' } },
    ]);
    const focused = page.evaluate('document.activeElement.textContent');
    expect(await focused).toBe('Pause…');
  });

  test('with more running jobs than slots says where both numbers come from', async () => {
    const [busy, slots] = [42, { size: 40, busy: 40 }];
    const withLag = (queue: QueueSummaryView) =>
      queue.queue === 'mail'
        ? { ...queue, slots, counts: { ...queue.counts, running: busy } }
        : { ...queue, slots };
    const { page } = await open({
      path: '/queues/mail',
      answers: {
        'GET /queues/:queue': (asked) => {
          const details = queueDetailsAnswer(asked);
          return { ...details, queue: withLag(details.queue) };
        },
        'GET /overview': () => {
          const { ledger, ...overview } = overviewAnswer();
          const queues = queueListAnswer()
            .queues.filter(({ queue }) => queue === 'mail')
            .map(withLag);
          return { ...overview, ...(ledger && { ledger: { ...ledger, queues } }) };
        },
      },
    });
    const running = page.getByRole('definition').filter({ hasText: '42 recorded, 40 slots reported' });

    await running.waitFor();
    await page.getByRole('link', { name: 'Overview' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await running.waitFor();

    expect(await page.getByText('of 40 slots').count()).toBe(0);
  });

  test('stays as it is when the dialog is closed by Escape', async () => {
    const { page, server } = await open({ path: '/queues/mail' });
    await page.getByRole('button', { name: 'Pause…' }).click();
    await page.getByLabel('Reason').fill('Not now.');

    await page.keyboard.press('Escape');

    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(server.requests).toEqual([]);
  });

  test('that cannot be paused says why, and the dialog stays open', async () => {
    const { page } = await open({
      path: '/queues/mail',
      answers: { 'POST /queues/:queue/pause': refusal('STORE_UNAVAILABLE', 'the ledger does not answer') },
      expectedTrouble: /status of 503/,
    });
    await page.getByRole('button', { name: 'Pause…' }).click();

    await page.getByRole('button', { name: 'Pause queue' }).click();

    await page.getByRole('alert').getByText('The job ledger cannot be read or written.').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(1);
  });

  test('is resumed where it is paused', async () => {
    const { page, server } = await open({ path: '/queues/invoices' });

    await page.getByRole('button', { name: 'Resume…' }).click();
    await page.getByRole('button', { name: 'Resume queue' }).click();

    await page.getByRole('status').getByText('Queue invoices is resumed.').waitFor();
    expect(server.requests).toEqual([{ route: 'POST /queues/invoices/resume', body: {} }]);
  });

  test('says why an account may not pause', async () => {
    const { page } = await open({
      path: '/queues/mail',
      answers: { 'GET /session': () => sessionOf('viewer') },
    });

    const pause = page.getByRole('button', { name: 'Pause…' });
    await pause.click({ force: true });

    expect(await pause.getAttribute('title')).toBe(
      'Your account lacks queues:control: an admin can change its role.',
    );
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  test('keeps its range in the address, and leaves the usual one out', async () => {
    const { page } = await open({ path: '/queues/mail?range=nonsense' });
    const range = () => new URL(page.url()).search;
    await page.getByRole('button', { name: '1 h', pressed: true }).waitFor();

    await page.getByRole('button', { name: '6 h' }).click();
    await page.getByRole('button', { name: '6 h', pressed: true }).waitFor();
    const chosen = range();
    await page.getByRole('button', { name: '1 h' }).click();
    await page.getByRole('button', { name: '1 h', pressed: true }).waitFor();

    expect(chosen).toBe('?range=6h');
    expect(range()).toBe('');
  });

  test('shows the values of a moment to arrow keys', async () => {
    const { page } = await open({ path: '/queues/mail' });
    const chart = page.getByRole('slider', { name: 'Jobs per second' });
    await chart.focus();
    const last = await chart.getAttribute('aria-valuetext');

    await page.keyboard.press('ArrowLeft');

    expect(last).toMatch(/^\d\d:\d\d: In \d+/);
    expect(await chart.getAttribute('aria-valuetext')).not.toBe(last);
  });

  test('with a slash and more in its name is reached by its link, and asked for by its name', async () => {
    const name = 'eu/mail 100%?#';
    const asked: (string | undefined)[] = [];
    const { page } = await open({
      path: '/queues',
      answers: {
        'GET /queues': () => {
          const { queues, lag } = queueListAnswer();
          return {
            queues: queues.map((queue, index) => (index === 0 ? { ...queue, queue: name } : queue)),
            lag,
          };
        },
        'GET /queues/:queue': (request) => {
          asked.push(request.params['queue']);
          return queueDetailsAnswer(request);
        },
      },
    });

    await page.getByRole('link', { name }).click();

    await page.getByRole('heading', { level: 1, name }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/admin/queues/${encodeURIComponent(name)}`);
    await expect.poll(() => new Set(asked)).toEqual(new Set([name]));
    await page.reload();
    await page.getByRole('heading', { level: 1, name }).waitFor();
  });

  test('may have markup and more in its name and in its reason', async () => {
    const name = '<img src=x onerror=alert(1)>/../?a=b#c';
    const { page } = await open({
      path: `/queues/${encodeURIComponent(name)}`,
      answers: {
        'GET /queues/:queue': (asked) => {
          const details = queueDetailsAnswer(asked);
          const pause = { by: '<b>me</b>', reason: '"><script>alert(1)</script>', at: details.until };
          return { ...details, queue: { ...details.queue, pause } };
        },
      },
    });

    await page.getByRole('heading', { level: 1, name }).waitFor();
    await page.getByText('"><script>alert(1)</script>').waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
  });
});
