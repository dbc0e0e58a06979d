import type { AccountStore, AuditEntry, Clock } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AccountsBench, author, sampleAccount } from './accounts-bench.ts';
import { describeApiKeys } from './api-keys.ts';
import { describeSessions } from './sessions.ts';

/** A place where accounts of one driver can be opened. */
export interface AccountStoreUnderTest {
  /** Opens the accounts; all that are opened share them. */
  open(clock: Clock): Promise<AccountStore>;
  /** What was done, newest first. */
  audit(limit: number): Promise<readonly AuditEntry[]>;
  dispose(): Promise<void>;
}

/** Holds a driver to the `AccountStore` port: one test per promise. */
export function describeAccountStoreContract(
  name: string,
  start: () => Promise<AccountStoreUnderTest>,
): void {
  describe(`${name} keeps the promises about accounts`, () => {
    const clock = createManualClock();
    let harness: AccountStoreUnderTest;
    let store: AccountStore;
    beforeAll(async () => {
      harness = await start();
      store = await harness.open(clock);
    });
    afterAll(() => harness.dispose());
    const bench: AccountsBench = {
      store: () => store,
      openAnother: () => harness.open(clock),
      async lastEntry() {
        const [{ seq, ...entry } = expect.unreachable()] = await harness.audit(1);
        return entry;
      },
      clock,
    };
    // First: the tests after it need an admin.
    describeFirstAccount(bench);
    describeAccounts(bench);
    describeApiKeys(bench);
    describeSessions(bench);
  });
}

function describeFirstAccount({ store, openAnother, lastEntry, clock }: AccountsBench): void {
  test('of two callers that add the first account at the same time, one does', async () => {
    const another = await openAnother();
    const [one, other] = [sampleAccount('admin'), sampleAccount('admin')];
    expect(await store().accounts()).toEqual([]);

    const added = await Promise.all([
      store().addFirstAccount(one, author),
      another.addFirstAccount(other, author),
    ]);

    const accounts = await store().accounts();
    expect(added.toSorted()).toEqual([false, true]);
    expect(accounts.map(({ name }) => name)).toEqual([added[0] ? one.name : other.name]);
    expect(await lastEntry()).toEqual({
      ...author,
      action: 'add-account',
      subject: accounts[0]?.name,
      detail: 'admin',
      at: clock.now(),
    });
  });
}

function describeAccounts({ store, openAnother, lastEntry, clock }: AccountsBench): void {
  beforeEach(() => clock.advance(1_000));

  test('an account that was added is there for all, without sessions', async () => {
    const account = sampleAccount('operator');
    const another = await openAnother();

    const added = await store().addAccount(account, author);

    expect(added).toEqual({
      name: account.name,
      role: 'operator',
      createdAt: clock.now(),
      sessionCount: 0,
    });
    expect(await another.accounts()).toContainEqual(added);
    expect(await another.findAccount(account.name)).toEqual({
      role: 'operator',
      passwordHash: account.passwordHash,
    });
    expect(await lastEntry()).toMatchObject({ action: 'add-account', subject: account.name });
  });

  test('accounts are listed by name', async () => {
    const accounts = [sampleAccount(), sampleAccount(), sampleAccount()].reverse();
    for (const account of accounts) await store().addAccount(account, author);

    const names = (await store().accounts()).map(({ name }) => name);

    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(expect.arrayContaining(accounts.map(({ name }) => name)));
  });

  test('an account that is not there is undefined, and cannot be changed or removed', async () => {
    const { name } = sampleAccount();
    const unknown = { code: 'ACCOUNT_NOT_FOUND' };

    expect(await store().findAccount(name)).toBeUndefined();
    await expect(store().changeAccount(name, { role: 'viewer' }, author)).rejects.toMatchObject(unknown);
    await expect(store().removeAccount(name, author)).rejects.toMatchObject(unknown);
  });

  test('a second account of a name is refused, and the first stays as it is', async () => {
    const account = sampleAccount();
    await store().addAccount(account, author);

    const again = store().addAccount({ ...account, role: 'admin', passwordHash: 'other' }, author);

    await expect(again).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
    expect(await store().findAccount(account.name)).toMatchObject({ passwordHash: account.passwordHash });
  });

  test('role and password are changed, each with its entry in the audit', async () => {
    const account = sampleAccount();
    await store().addAccount(account, author);

    const changed = await store().changeAccount(account.name, { role: 'operator' }, author);
    const roleEntry = await lastEntry();
    await store().changeAccount(account.name, { passwordHash: 'new' }, author);

    expect(changed).toMatchObject({ name: account.name, role: 'operator' });
    expect(roleEntry).toMatchObject({
      action: 'change-role',
      subject: account.name,
      detail: 'viewer to operator',
      ...author,
    });
    expect(await lastEntry()).toMatchObject({ action: 'change-password', subject: account.name });
    expect(await store().findAccount(account.name)).toEqual({ role: 'operator', passwordHash: 'new' });
  });

  test('a role that an account has already is no change', async () => {
    const account = sampleAccount();
    await store().addAccount(account, author);

    await store().changeAccount(account.name, { role: 'viewer' }, author);

    expect(await lastEntry()).toMatchObject({ action: 'add-account', subject: account.name });
  });

  test('an account that was removed is gone', async () => {
    const account = sampleAccount();
    await store().addAccount(account, author);

    await store().removeAccount(account.name, author);

    expect(await store().findAccount(account.name)).toBeUndefined();
    expect(await lastEntry()).toMatchObject({ action: 'remove-account', subject: account.name, ...author });
  });

  test('the last admin can be neither removed nor given another role, also by two callers at the same time', async () => {
    const another = await openAnother();
    const admins = (await store().accounts()).filter(({ role }) => role === 'admin');
    const [last = expect.unreachable()] = admins;
    const second = sampleAccount('admin');
    expect(admins).toHaveLength(1);
    const refused = { code: 'LAST_ADMIN' };

    await expect(store().removeAccount(last.name, author)).rejects.toMatchObject(refused);
    const demotion = store().changeAccount(last.name, { role: 'viewer', passwordHash: 'x' }, author);
    await expect(demotion).rejects.toMatchObject(refused);
    const kept = await store().findAccount(last.name);
    await store().addAccount(second, author);
    const demotions = await Promise.allSettled([
      store().changeAccount(last.name, { role: 'operator' }, author),
      another.changeAccount(second.name, { role: 'operator' }, author),
    ]);

    expect(kept).toMatchObject({ role: 'admin' });
    expect(kept?.passwordHash).not.toBe('x');
    expect(demotions.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const left = (await store().accounts()).filter(({ role }) => role === 'admin');
    expect(left).toHaveLength(1);
  });
}
