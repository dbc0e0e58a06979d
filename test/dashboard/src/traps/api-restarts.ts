import { startApi } from '@leveret/e2e';
import type { JobDetailsView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { signIn } from '../admin-client.ts';
import type { Walker } from '../walk/walker.ts';

const DAY_MS = 86_400_000;

/** The API goes away and comes back while a page is open. */
export function trapApiRestarts({ stack, reports, open }: Walker): void {
  test('the API restarts under the page: the page says since when it is old, comes back alone, and does nothing twice', async () => {
    const { admin, api, installation } = stack();
    const [first = ''] = await reports().enqueue(1, { delayMs: DAY_MS, tags: ['restart'] });
    const page = await open('/jobs?filter=tag:restart', admin, { expectedTrouble: /status of 401|ERR_/ });
    const rowOf = (id: string) => page.getByRole('row').filter({ has: page.locator(`a[href$="${id}"]`) });
    await rowOf(first).getByRole('checkbox').check();

    api.app.signal('SIGTERM');
    await api.app.exited;
    await page.getByText('Live updates of this list stopped.').waitFor();
    const [second = ''] = await reports().enqueue(1, { delayMs: DAY_MS, tags: ['restart'] });
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByRole('button', { name: 'Cancel 1 job' }).click();
    await page.getByRole('alert').getByText('The server does not answer.').waitFor();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('link', { name: 'Workers' }).click();
    await page.getByText('The server does not answer.').waitFor();
    await page.goBack();

    await using again = await startApi(installation, { PORT: new URL(api.client.url).port });
    await page.getByText('Live', { exact: true }).waitFor();
    await rowOf(second).waitFor();
    await rowOf(first).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByRole('button', { name: 'Cancel 1 job' }).click();
    await rowOf(first).filter({ hasText: 'Cancelled' }).waitFor();
    await page.getByRole('link', { name: 'Workers' }).click();
    // A worker that was killed in another test is listed until its report is too old.
    await page.getByText(/\d\sworkers, /).waitFor();

    const client = await signIn(again.client.url, admin.name, admin.password);
    const { job, audit } = await client.get<JobDetailsView>(`/jobs/${first}`);
    expect([job.state, audit.map(({ action }) => action)]).toEqual(['cancelled', ['cancel']]);
  });
}
