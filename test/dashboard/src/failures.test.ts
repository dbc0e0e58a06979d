import { describeInBrowser } from '@leveret/browser';
import { MAIL_FAILURES } from '@leveret/dashboard/fixtures';
import { expect, test } from 'vitest';
import { useBrowser } from './open-page.ts';

describeInBrowser('failures', () => {
  const open = useBrowser();

  test('a group is opened by keyboard, stays in the address, and leads to its jobs', async () => {
    const { page } = await open({ path: '/failures' });

    await page.getByRole('button', { name: 'connect ECONNREFUSED ‹address›' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('mail-1 48, mail-2 52').waitFor();
    const opened = new URL(page.url()).searchParams.get('fingerprint');
    await page.getByRole('link', { name: 'Jobs', exact: true }).nth(1).click();
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();

    expect(opened).toBe(MAIL_FAILURES);
    expect(new URL(page.url()).searchParams.get('filter')).toBe(`fingerprint:${MAIL_FAILURES}`);
  });

  test('the dead jobs of a group are retried at a rate', async () => {
    const { page, server } = await open({ path: '/failures' });

    await page.getByRole('button', { name: 'Retry…' }).first().click();
    await page.getByLabel('Most jobs a second').fill('20');
    await page.getByRole('button', { name: 'Retry 1,102 jobs' }).click();

    await page.getByRole('status').getByText('Retrying 1,102 jobs has started.').waitFor();
    expect(server.requests).toEqual([
      {
        route: 'POST /operations',
        body: { action: 'retry', filter: `fingerprint:${MAIL_FAILURES} state:dead`, perSecond: 20 },
      },
    ]);
  });

  test('an operation that runs on a group shows how far it is, and can be stopped', async () => {
    const { page, server } = await open({ path: '/failures' });

    await page.getByText('1,412 sent to run again').waitFor();
    await page.getByRole('button', { name: 'Stop…' }).click();
    await page.getByRole('button', { name: 'Stop operation' }).click();

    await expect.poll(() => server.requests[0]?.route).toMatch(/^POST \/operations\/.*\/stop$/);
  });

  test('a discard is undone by restoring what it discarded', async () => {
    const createdAt = new Date(Date.now() - 60_000).toISOString();
    const until = new Date(Date.parse(createdAt) + 1).toISOString();
    const { page, server } = await open({
      path: '/failures',
      answers: {
        'GET /operations': () => ({
          operations: [
            {
              ...{ id: '0198c0de-77a1-7000-8000-0000000000a2', action: 'discard', state: 'done', by: 'ann' },
              ...{ selection: `state:dead fingerprint:${MAIL_FAILURES}`, createdAt, finishedAt: createdAt },
              ...{ total: 94, done: 94, skipped: 0, failed: 0 },
            },
          ],
        }),
      },
    });

    await page.getByText('94 jobs of connect ECONNREFUSED ‹address› discarded by ann').waitFor();
    await page.getByRole('button', { name: 'Undo…' }).click();
    await page.getByRole('button', { name: 'Restore 94 jobs' }).click();

    await expect
      .poll(() => server.requests[0]?.body)
      .toEqual({
        action: 'restore',
        filter: `state:discarded fingerprint:${MAIL_FAILURES} updated:>${createdAt} updated:<${until}`,
      });
  });
});
