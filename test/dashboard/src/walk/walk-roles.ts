import { expect, test } from 'vitest';
import { signIn } from '../admin-client.ts';
import type { Walker } from './walker.ts';

/** What who may only look is offered, and what the API says when they try anyhow. */
export function walkRoles({ stack, reports, open, jobOnce }: Walker): void {
  test('a viewer is told why each action is not possible, and is refused it by the API', async () => {
    const { api, addAccount } = stack();
    const viewer = await addAccount('vera', 'viewer');
    const [id = ''] = await reports().enqueue(1);
    const run = await reports().nextRun();
    const page = await open(`/jobs/${id}`, viewer, { expectedTrouble: /status of 40[13]/ });
    const client = await signIn(api.client.url, viewer.name, viewer.password);
    const refusalOf = (path: string, body = {}) =>
      client.post(path, body).then(
        () => 'done',
        (error: Error) => /"code":"(\w+)"/.exec(error.message)?.[1],
      );

    const cancel = page.getByRole('button', { name: 'Cancel…' });
    await cancel.click({ force: true });
    expect(await cancel.getAttribute('title')).toContain('Your account lacks jobs:cancel');
    await page.getByText('Your account lacks payloads:read: an admin can change its role.').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.goto(`${stack().url}/queues/reports`);
    await page.getByRole('heading', { level: 1, name: 'reports' }).waitFor();
    const pause = page.getByRole('button', { name: 'Pause…' });
    expect(await pause.getAttribute('title')).toContain('Your account lacks queues:control');
    await page.goto(`${stack().url}/accounts`);
    await page.getByText('Your account may not see accounts.').waitFor();

    expect(await refusalOf(`/jobs/${id}/cancel`)).toBe('FORBIDDEN');
    expect(await refusalOf('/operations', { action: 'cancel', jobIds: [id] })).toBe('FORBIDDEN');
    expect(await refusalOf('/queues/reports/pause')).toBe('FORBIDDEN');
    expect(await refusalOf('/set-aside/messages/discard', { seqs: [1] })).toBe('FORBIDDEN');
    expect(await refusalOf('/accounts', { name: 'eve', role: 'admin' })).toBe('FORBIDDEN');
    await expect(client.get(`/jobs/${id}/payload`)).rejects.toThrow('FORBIDDEN');
    run.finish(null);
    await jobOnce(id, 'succeeded');
  });
}
