import type { JobCountsView, OperationListView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { actOn, type Walker } from './walker.ts';

const DAY_MS = 86_400_000;

/** The list of jobs: filter, live rows, and actions on one, a selection and all that match. */
export function walkJobs({ stack, reports, open, jobOnce }: Walker): void {
  const countOf = async (filter: string) => {
    const { count } = await stack().admin.client.get<JobCountsView>(
      `/jobs/count?filter=${encodeURIComponent(filter)}`,
    );
    return count;
  };

  test('a list is filtered by what the ledger holds, follows its jobs, and acts on one and on a selection', async () => {
    const [first = '', second = '', third = ''] = await reports().enqueue(3, {
      delayMs: DAY_MS,
      tags: ['few'],
    });
    const page = await open('/jobs', stack().admin);
    const boxOf = (id: string) =>
      page
        .getByRole('row')
        .filter({ has: page.locator(`a[href$="${id}"]`) })
        .getByRole('checkbox');

    await page.getByRole('combobox', { name: 'Filter' }).fill('tag:f');
    await page.getByRole('option', { name: /^tag:few/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByText('3 jobs, last updated first').waitFor();
    expect(new URL(page.url()).searchParams.get('filter')).toBe('tag:few');
    const [fourth = ''] = await reports().enqueue(1, { delayMs: DAY_MS, tags: ['few'] });
    await page.getByRole('button', { name: '1 new' }).click();
    await boxOf(fourth).waitFor();

    await boxOf(first).check();
    await actOn(page, { opens: 'Run now…', reason: 'Wanted today.', acts: 'Run now 1 job' });
    await page.getByRole('status').getByText('The job is sent to run now.').waitFor();
    const run = await reports().nextRun();
    await page.getByRole('row', { name: /^Select job .* Running/ }).waitFor();
    run.finish({ pages: 1 });
    await page.getByRole('row', { name: /^Select job .* Succeeded/ }).waitFor();
    await boxOf(second).check();
    await boxOf(third).check();
    await actOn(page, { opens: 'Cancel…', reason: 'Not wanted.', acts: 'Cancel 2 jobs' });
    await page.getByText('The operation is done: 2 cancelled.').waitFor();

    expect(run.job.id).toBe(first);
    expect((await jobOnce(second, 'cancelled')).audit).toMatchObject([
      { action: 'cancel', by: 'admin', reason: 'Not wanted.' },
    ]);
    await jobOnce(third, 'cancelled');
    await jobOnce(fourth, 'scheduled');
  });

  test('an action on all that match takes those that were there when it started, and no other', async () => {
    await reports().enqueue(120, { delayMs: DAY_MS, tags: ['many'] });
    const page = await open('/jobs?filter=tag:many', stack().admin);
    await page.getByText('120 jobs, last updated first').waitFor();
    await page.getByRole('checkbox', { name: '100 shown' }).check();
    await page.getByRole('button', { name: 'Select all 120 that match' }).click();

    await page.getByRole('button', { name: 'Cancel…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Most jobs a second').fill('60');
    await dialog.getByRole('button', { name: 'Cancel 120 jobs' }).click();
    await page.getByRole('heading', { level: 1, name: 'Cancel 120 jobs' }).waitFor();
    await reports().enqueue(1, { delayMs: DAY_MS, tags: ['many'] });
    await page.getByText('The operation is done: 120 cancelled.').waitFor();
    await page.getByRole('button', { name: 'Later' }).click();
    await page.getByText('101 to 120 of 120').waitFor();

    const rows = page.getByRole('table', { name: 'Jobs of the operation' }).getByRole('row');
    await expect.poll(() => rows.count()).toBe(21);
    expect(await countOf('tag:many state:cancelled')).toBe(120);
    expect(await countOf('tag:many state:scheduled')).toBe(1);
    const { operations } = await stack().admin.client.get<OperationListView>('/operations');
    expect(operations[0]).toMatchObject({
      action: 'cancel',
      total: 120,
      done: 120,
      perSecond: 60,
      by: 'admin',
    });
  });
}
