import type { AccountListView, AuditPageView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { signIn } from '../admin-client.ts';
import { signInOn, type Walker } from './walker.ts';

/** Accounts, API keys and sessions, and signing in and out. */
export function walkAccounts({ stack, open }: Walker): void {
  test('an account is added, given another role and another password, and removed; its page follows', async () => {
    const { admin } = stack();
    const page = await open('/accounts', admin);
    const row = page.getByRole('table', { name: 'Accounts' }).getByRole('row').filter({ hasText: 'grace' });
    const dialog = page.getByRole('dialog');
    const secretOf = async () => {
      const secret = await dialog.getByLabel('It is shown only now').inputValue();
      await dialog.getByRole('button', { name: 'I have kept it' }).click();
      return secret;
    };

    await page.getByRole('button', { name: 'Add account…' }).click();
    await dialog.getByLabel('Name').fill('grace');
    await dialog.getByRole('button', { name: 'Add account' }).click();
    const password = await secretOf();
    const own = await open('/jobs', { name: 'grace', password });
    await own.getByRole('button', { name: 'grace' }).click();
    await own.getByText('viewer, signed in').waitFor();
    await row.getByRole('button', { name: 'Change role…' }).click();
    await dialog.getByLabel('Role').selectOption('operator');
    await dialog.getByRole('button', { name: 'Change role' }).click();
    await row.getByRole('cell', { name: 'operator' }).waitFor();
    await row.getByRole('button', { name: 'Reset password…' }).click();
    await dialog.getByRole('button', { name: 'Reset password' }).click();
    const another = await secretOf();
    await own.getByRole('heading', { name: 'Sign in to Leveret' }).waitFor();
    await signInOn(own, { name: 'grace', password });
    await own.getByText('Name or password is wrong.').waitFor();
    await signInOn(own, { name: 'grace', password: another });
    await own.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await own.getByRole('button', { name: 'grace' }).click();
    await own.getByText('operator, signed in').waitFor();
    await own.getByRole('button', { name: 'Sign out' }).click();
    await own.getByRole('heading', { name: 'Sign in to Leveret' }).waitFor();
    await row.getByRole('button', { name: 'Remove…' }).click();
    await dialog.getByRole('button', { name: 'Remove account' }).click();
    await row.waitFor({ state: 'detached' });

    const { accounts } = await admin.client.get<AccountListView>('/accounts');
    expect(accounts.some(({ name }) => name === 'grace')).toBe(false);
    const { entries } = await admin.client.get<AuditPageView>('/audit');
    expect(entries.filter(({ subject }) => subject === 'grace').map(({ action }) => action)).toEqual([
      'remove-account',
      'end-session',
      'change-password',
      'change-role',
      'add-account',
    ]);
  });

  test('an API key is valid from when it is shown until it is revoked, and a session until it is ended', async () => {
    const { admin, api, addAccount } = stack();
    const { name, password } = await addAccount('hedy', 'viewer');
    const own = await signIn(api.client.url, name, password);
    const page = await open('/accounts', admin);
    const dialog = page.getByRole('dialog');

    await page.getByRole('button', { name: 'Create key…' }).click();
    await dialog.getByLabel('Name').fill('deploy');
    await dialog.getByRole('button', { name: 'Create key' }).click();
    const secret = await dialog.getByLabel('It is shown only now').inputValue();
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    const statusOf = async () => {
      const headers = { authorization: `Bearer ${secret}` };
      return (await fetch(`${api.client.url}/v1/admin/workers`, { headers })).status;
    };
    const before = await statusOf();
    const key = page.getByRole('table', { name: 'API keys' }).getByRole('row').filter({ hasText: 'deploy' });
    await key.getByRole('button', { name: 'Revoke…' }).click();
    await dialog.getByRole('button', { name: 'Revoke key' }).click();
    await key.waitFor({ state: 'detached' });
    const after = await statusOf();
    const session = page
      .getByRole('table', { name: 'Sessions' })
      .getByRole('row')
      .filter({ hasText: 'hedy' });
    await session.getByRole('button', { name: 'End…' }).click();
    await dialog.getByRole('button', { name: 'End session' }).click();
    await session.waitFor({ state: 'detached' });

    expect([before, after]).toEqual([200, 401]);
    await expect(own.get('/workers')).rejects.toThrow('UNAUTHENTICATED');
  });
}
