import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultListView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import type { Walker } from '../walk/walker.ts';

const DAY_MS = 86_400_000;

/** The file of the ledger goes away and comes back. */
export function trapLedgerAway({ stack, reports, open, jobOnce }: Walker): void {
  test('while the ledger takes nothing, the page says so and refuses to act; when it is back, the action is done once', async () => {
    const { admin, installation } = stack();
    const file = join(installation.dataDir, 'leveret.db');
    const move = async (from: string, to: string) => {
      for (const part of ['', '-wal', '-shm']) await rename(`${from}${part}`, `${to}${part}`);
    };
    const faults = async () => {
      const { faults: found } = await admin.client.get<FaultListView>('/faults');
      return found.map(({ kind }) => kind);
    };
    const [id = ''] = await reports().enqueue(1, { delayMs: DAY_MS, tags: ['away'] });
    const page = await open('/', admin, { expectedTrouble: /status of (401|503)/ });
    const cancel = page.getByRole('dialog').getByRole('button', { name: 'Cancel 1 job' });

    await move(file, `${file}.away`);
    await page.getByText('The ledger cannot be used').waitFor();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.locator(`a[href$="${id}"]`).click();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await cancel.click();
    await page.getByRole('alert').getByText('The job ledger cannot be read or written').waitFor();
    await move(`${file}.away`, file);
    await expect.poll(faults).not.toContain('ledger-away');
    await cancel.click();

    await page.getByText('It has ended as cancelled').waitFor();
    expect((await jobOnce(id, 'cancelled')).audit.map(({ action }) => action)).toEqual(['cancel']);
  });
}
