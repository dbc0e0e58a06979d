import type { AuditPageView, QueueDetailsView, WorkerListView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { actOn, type Walker } from './walker.ts';

/** Overview, queues, one queue, workers. */
export function walkQueues({ stack, open, jobOnce }: Walker): void {
  test('a queue is paused with a reason; its jobs wait, say why, and run when it is resumed', async () => {
    const { admin, addAccount, api, smtp } = stack();
    const page = await open('/', await addAccount('quinn', 'operator'));
    const queue = async () => (await admin.client.get<QueueDetailsView>('/queues/mail')).queue;
    await page.getByText('Nothing is wrong.').waitFor();
    for (const name of ['Broker', 'Ledger', 'Recorder', 'Control', 'Disk'])
      await page.getByRole('listitem').filter({ hasText: name }).getByText('up', { exact: true }).waitFor();

    await page.getByRole('table', { name: 'Queues' }).getByRole('link', { name: 'mail' }).click();
    await actOn(page, { opens: 'Pause…', reason: 'The mail server moves.', acts: 'Pause queue' });
    await page.getByText('Paused by quinn').waitFor();
    const { jobId } = (await (await api.client.postMail(['ann@example.com'], 'Hello')).json()) as {
      readonly jobId: string;
    };
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.locator(`a[href$="${jobId}"]`).click();
    await page.getByText('Queue mail is paused by quinn').waitFor();
    const paused = await queue();

    await page.getByRole('link', { name: 'Queues', exact: true }).click();
    const row = page.getByRole('row').filter({ hasText: 'paused by quinn' });
    await row.getByRole('link', { name: 'mail' }).click();
    await page.getByText('The mail server moves.').waitFor();
    const mailsWhilePaused = smtp.mails().length;
    await actOn(page, { opens: 'Resume…', reason: 'It is there.', acts: 'Resume queue' });
    await page.getByRole('button', { name: 'Pause…' }).waitFor();

    await smtp.nextMail();
    await jobOnce(jobId, 'succeeded');
    expect(paused).toMatchObject({ pause: { by: 'quinn', reason: 'The mail server moves.' } });
    expect(mailsWhilePaused).toBe(0);
    expect((await queue()).pause).toBeUndefined();
    const { entries } = await admin.client.get<AuditPageView>('/audit');
    expect(entries.filter(({ by }) => by === 'quinn')).toMatchObject([
      { action: 'resume', queue: 'mail', reason: 'It is there.' },
      { action: 'pause', queue: 'mail', reason: 'The mail server moves.' },
    ]);
  });

  test('a worker shows what it runs since when, which leads to the job', async () => {
    const { admin, api } = stack();
    const page = await open('/workers', admin);
    const { jobId } = (await (await api.client.postMail(['slow@example.com'], 'Hello')).json()) as {
      readonly jobId: string;
    };
    await page.getByText('3 workers').waitFor();

    await page
      .getByRole('listitem')
      .filter({ hasText: jobId.slice(0, 8) })
      .getByRole('link')
      .click();
    await page.getByText(/^Attempt 1 runs on worker/).waitFor();
    await page.getByText('sending to 1 recipient').waitFor();
    const { workers } = await admin.client.get<WorkerListView>('/workers');
    await actOn(page, { opens: 'Cancel…', reason: 'It hangs.', acts: 'Cancel 1 job' });

    await page.getByText('It has ended as cancelled').waitFor();
    expect(workers.filter(({ load }) => load?.running.some((job) => job.jobId === jobId))).toHaveLength(1);
    await expect
      .poll(async () => (await jobOnce(jobId, 'cancelled')).attempts)
      .toMatchObject([{ attempt: 1, outcome: 'cancelled' }]);
  });
}
