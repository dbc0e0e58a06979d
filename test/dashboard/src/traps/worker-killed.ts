import type { WorkerListView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import type { Walker } from '../walk/walker.ts';

/** A worker dies in the middle of a job. */
export function trapWorkerKilled({ stack, open, jobOnce }: Walker): void {
  test('a worker that is killed in a job: another one runs it, and the page follows', async () => {
    const { admin, api, smtp, workers } = stack();
    const accepted = await api.client.postMail(['ann@example.com'], 'Hello');
    const { jobId } = (await accepted.json()) as { readonly jobId: string };
    const page = await open(`/jobs/${jobId}`, admin);
    await page.getByText(/^Attempt 1 runs on worker/).waitFor();
    const workerOfJob = async () => {
      const { workers: seen } = await admin.client.get<WorkerListView>('/workers');
      return seen.find(({ load }) => load?.running.some((job) => job.jobId === jobId));
    };
    await expect.poll(workerOfJob).toBeDefined();
    const killed = await workerOfJob();

    workers.find(({ pid }) => pid === killed?.pid)?.signal('SIGKILL');
    smtp.play({});
    await page.getByText('It has ended as succeeded').waitFor();

    const { attempts } = await jobOnce(jobId, 'succeeded');
    expect(attempts).toMatchObject([{ attempt: 1, outcome: 'succeeded', workerId: expect.any(String) }]);
    expect(attempts[0]?.workerId).not.toBe(killed?.workerId);
    await page.getByText(`worker ${attempts[0]?.workerId}`).waitFor();
    expect(smtp.mails()).toHaveLength(1);
  });
}
