import { expect, test } from 'vitest';
import { openBench, serveAdmin, signInOf } from '../../fixtures/account-bench.ts';
import { createFirstAccount, FIRST_ACCOUNT } from './first-account.ts';

test('D-04 of two processes that start at the same time, one creates the admin, with a password that no other ledger has', async () => {
  const [bench, elsewhere] = [await openBench(), await openBench()];
  const another = await bench.openAnother();

  const passwords = await Promise.all([createFirstAccount(bench.accounts), createFirstAccount(another)]);
  const other = await createFirstAccount(elsewhere.accounts);

  const [password = ''] = passwords.filter((one) => one !== undefined);
  expect(passwords).toContain(undefined);
  expect(password).toMatch(/^[a-zA-Z2-9]{20}$/);
  expect(other).not.toBe(password);
  const send = await serveAdmin({ bench });
  expect((await send(signInOf(FIRST_ACCOUNT, password))).json()).toMatchObject({ role: 'admin' });
});

test('a later start, and one with accounts, creates none', async () => {
  const { accounts } = await openBench();
  await createFirstAccount(accounts);

  expect(await createFirstAccount(accounts)).toBeUndefined();
  expect((await accounts.accounts()).map(({ name }) => name)).toEqual([FIRST_ACCOUNT]);
});
