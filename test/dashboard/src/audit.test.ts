import { describeInBrowser } from '@leveret/browser';
import { auditAnswer, RUNNING_OPERATION } from '@leveret/dashboard/fixtures';
import { expect, test } from 'vitest';
import { useBrowser } from './open-page.ts';

describeInBrowser('the audit log', () => {
  const open = useBrowser();

  test('begins at a moment that is chosen, keeps it in the address, and leads back', async () => {
    const asked: (string | undefined)[] = [];
    const { page } = await open({
      path: '/audit',
      answers: {
        'GET /audit': ({ query: { beforeAt } }) => {
          asked.push(beforeAt);
          const { entries } = auditAnswer();
          return { entries: beforeAt === undefined ? entries : entries.slice(-1) };
        },
      },
    });
    const rows = page.getByRole('table', { name: 'Audit log' }).getByRole('row');
    await page.getByText('root@web-1').waitFor();

    await page.getByRole('button', { name: 'Jump to a time…' }).click();
    await page.getByLabel('Day and time').fill('2026-03-01T12:00');
    await page.getByRole('button', { name: 'Jump', exact: true }).click();

    await page.getByText('Entries from before 1 Mar 2026, 12:00:00.').waitFor();
    await expect.poll(() => rows.count()).toBe(2);
    expect(new URL(page.url()).searchParams.get('before')).toBe('2026-03-01T12:00:00.000Z');
    await page.getByRole('link', { name: 'Back to the newest' }).click();
    await page.getByText('root@web-1').waitFor();
    expect(new Set(asked)).toEqual(new Set([undefined, '2026-03-01T12:00:00.000Z']));
  });

  test('says how many jobs an operation has, and lists what it did with each', async () => {
    const asked: (string | undefined)[] = [];
    const { page } = await open({
      path: `/operations/${RUNNING_OPERATION}`,
      answers: {
        'GET /audit': (given) => {
          asked.push(given.query['operationId']);
          return auditAnswer(given);
        },
      },
    });

    await page.getByRole('link', { name: 'What it did, job by job' }).click();
    await page.getByRole('link', { name: 'job 0198c0de' }).first().waitFor();
    await page.getByText('retry of 2,310 jobs').waitFor();
    expect(new URL(page.url()).searchParams.get('operation')).toBe(RUNNING_OPERATION);

    await page.getByRole('link', { name: 'Show everything' }).click();
    await page.getByText('root@web-1').waitFor();
    await page.getByText('retry of 2,310 jobs').waitFor();
    expect(asked).toEqual([RUNNING_OPERATION, undefined]);
  });

  test('does not jump to a moment that is none', async () => {
    const { page } = await open({ path: '/audit?before=yesterday' });
    await page.getByText('root@web-1').waitFor();

    await page.getByRole('button', { name: 'Jump to a time…' }).click();
    await page.getByLabel('Day and time').fill('');

    const jump = page.getByRole('button', { name: 'Jump', exact: true });
    expect(await jump.getAttribute('title')).toBe('Enter a day and a time.');
    expect(await page.getByText('Entries from before').count()).toBe(0);
  });
});
