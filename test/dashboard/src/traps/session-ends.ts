import type { AccountSessionListView, OperationListView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { signInOn, type Walker } from '../walk/walker.ts';

const DAY_MS = 86_400_000;
const JOBS = 8;

/** A session is ended while its owner acts on many jobs. */
export function trapSessionEnds({ stack, reports, open }: Walker): void {
  test('a session that ends in the middle of a bulk action: the page asks to sign in, and comes back to where it was', async () => {
    const { admin, addAccount } = stack();
    const olga = await addAccount('olga', 'operator');
    const endSession = async () => {
      const { sessions } = await admin.client.get<AccountSessionListView>('/sessions');
      for (const { id, account } of sessions)
        if (account === olga.name) await admin.client.delete(`/sessions/${id}`);
    };
    const operations = async () =>
      (await admin.client.get<OperationListView>('/operations')).operations.filter(
        ({ by }) => by === olga.name,
      );
    const comeBack = async () => {
      await page.getByRole('heading', { name: 'Sign in to Leveret' }).waitFor();
      await signInOn(page, olga);
    };
    const ask = async () => {
      await page.getByRole('checkbox', { name: `${JOBS} shown` }).check();
      await page.getByRole('button', { name: 'Cancel…' }).click();
      await page.getByLabel('Most jobs a second').fill('2');
    };
    await reports().enqueue(JOBS, { delayMs: DAY_MS, tags: ['bulk'] });
    const page = await open('/jobs?filter=tag:bulk', olga);

    await ask();
    await endSession();
    await page.getByRole('button', { name: `Cancel ${JOBS} jobs` }).click();
    await comeBack();
    await page.getByRole('checkbox', { name: `${JOBS} shown` }).waitFor();
    expect(new URL(page.url()).search).toBe('?filter=tag%3Abulk');
    expect(await operations()).toEqual([]);

    await ask();
    await page.getByRole('button', { name: `Cancel ${JOBS} jobs` }).click();
    await page.getByRole('heading', { level: 1, name: `Cancel ${JOBS} jobs` }).waitFor();
    const address = page.url();
    await endSession();
    await comeBack();
    await page.getByText(`The operation is done: ${JOBS} cancelled.`).waitFor();
    expect(page.url()).toBe(address);
    expect(await operations()).toMatchObject([{ total: JOBS, done: JOBS, skipped: 0, failed: 0 }]);
  });
}
