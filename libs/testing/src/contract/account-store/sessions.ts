import type { NewAccount } from '@leveret/core';
import { expect, test } from 'vitest';
import { type AccountsBench, author, sampleAccount } from './accounts-bench.ts';

const SESSION_MS = 60_000;

let sessionCount = 0;

/** The promises about sessions. */
export function describeSessions({ store, openAnother, lastEntry, clock }: AccountsBench): void {
  async function addAccount(): Promise<NewAccount> {
    const account = sampleAccount();
    await store().addAccount(account, author);
    return account;
  }

  async function signIn({ name, passwordHash }: NewAccount) {
    sessionCount += 1;
    const id = `session-${sessionCount}`;
    const session = { id, account: name, expiresAt: clock.now() + SESSION_MS, address: '192.0.2.1' };
    const isAdded = await store().addSession(session, passwordHash);
    return { ...session, isAdded };
  }

  async function sessionsOf({ name }: NewAccount) {
    return (await store().sessions()).filter(({ account }) => account === name);
  }

  test('a session is valid until it expires, and is counted', async () => {
    const account = await addAccount();
    const another = await openAnother();
    const signedInAt = clock.now();

    const { isAdded, ...session } = await signIn(account);
    const found = await another.findSession(session.id);
    const listed = await another.sessions();
    await clock.advance(SESSION_MS - 1);
    const lateFound = await store().findSession(session.id);
    const [known] = (await store().accounts()).filter(({ name }) => name === account.name);
    await clock.advance(1);

    expect(isAdded).toBe(true);
    expect(found).toEqual({ ...session, createdAt: signedInAt, role: account.role });
    expect(lateFound).toEqual(found);
    expect(listed).toContainEqual({ ...session, createdAt: signedInAt });
    expect(known).toMatchObject({ sessionCount: 1, lastSignInAt: signedInAt });
    expect(await store().findSession(session.id)).toBeUndefined();
    expect(await sessionsOf(account)).toEqual([]);
    expect((await store().accounts()).find(({ name }) => name === account.name)?.sessionCount).toBe(0);
  });

  test('sessions are listed, the newest first', async () => {
    const account = await addAccount();
    const first = await signIn(account);
    await clock.advance(1);
    const second = await signIn(account);

    expect((await sessionsOf(account)).map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  test('no session begins with a password that was changed meanwhile, or for an account that is gone', async () => {
    const [changed, removed] = [await addAccount(), await addAccount()];
    await store().changeAccount(changed.name, { passwordHash: 'new' }, author);
    await store().removeAccount(removed.name, author);

    const sessions = [await signIn(changed), await signIn(removed)];

    expect(sessions.map(({ isAdded }) => isAdded)).toEqual([false, false]);
    expect(await sessionsOf(changed)).toEqual([]);
  });

  test('a session that was ended is not valid any more, and all can learn of it until it would have expired', async () => {
    const account = await addAccount();
    const another = await openAnother();
    const { id } = await signIn(account);

    await store().endSession(id, author);

    expect(await another.findSession(id)).toBeUndefined();
    expect(await sessionsOf(account)).toEqual([]);
    expect(await another.endedSessions()).toContain(id);
    expect(await lastEntry()).toEqual({
      ...author,
      action: 'end-session',
      subject: account.name,
      detail: 'from 192.0.2.1',
      at: clock.now(),
    });
    await expect(store().endSession(id, author)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await clock.advance(SESSION_MS);
    expect(await another.endedSessions()).not.toContain(id);
  });

  test('a new password and the removal of an account end its sessions; a new role does not', async () => {
    const [changed, removed] = [await addAccount(), await addAccount()];
    const [one, other] = [await signIn(changed), await signIn(removed)];

    await store().changeAccount(changed.name, { role: 'operator' }, author);
    const promoted = await store().findSession(one.id);
    await store().changeAccount(changed.name, { passwordHash: 'new' }, author);
    await store().removeAccount(removed.name, author);

    expect(promoted).toMatchObject({ role: 'operator' });
    expect(await store().findSession(one.id)).toBeUndefined();
    expect(await store().findSession(other.id)).toBeUndefined();
    expect(await store().endedSessions()).toEqual(expect.arrayContaining([one.id, other.id]));
  });

  test('the owner of an account changes its password: the other sessions end, and those of other accounts go on', async () => {
    const [account, stranger] = [await addAccount(), await addAccount()];
    const [own, other, foreign] = [await signIn(account), await signIn(account), await signIn(stranger)];
    const { name, passwordHash: knownHash } = account;

    const change = { name, knownHash, passwordHash: 'new', sessionId: own.id };
    const isChanged = await store().changeOwnPassword(change, author);

    expect(isChanged).toBe(true);
    expect(await store().findAccount(name)).toMatchObject({ passwordHash: 'new' });
    expect((await sessionsOf(account)).map(({ id }) => id)).toEqual([own.id]);
    expect(await store().endedSessions()).toContain(other.id);
    expect(await store().findSession(foreign.id)).toBeDefined();
    expect(await lastEntry()).toEqual({
      ...author,
      action: 'change-password',
      subject: name,
      at: clock.now(),
    });
  });

  test('the owner of an account does not change a password that was changed meanwhile, nor that of an account that is gone', async () => {
    const [changed, removed] = [await addAccount(), await addAccount()];
    const session = await signIn(changed);
    await store().changeAccount(changed.name, { passwordHash: 'by an admin' }, author);
    await store().removeAccount(removed.name, author);
    const entry = await lastEntry();

    const changes = [];
    for (const { name, passwordHash: knownHash } of [changed, removed])
      changes.push(
        await store().changeOwnPassword(
          { name, knownHash, passwordHash: 'new', sessionId: session.id },
          author,
        ),
      );

    expect(changes).toEqual([false, false]);
    expect(await store().findAccount(changed.name)).toMatchObject({ passwordHash: 'by an admin' });
    expect(await store().findSession(session.id)).toBeUndefined();
    expect(await lastEntry()).toEqual(entry);
  });

  test('the secret of sessions is the same for all', async () => {
    const another = await openAnother();

    const secrets = [
      await store().sessionSecret(),
      await another.sessionSecret(),
      await store().sessionSecret(),
    ];

    expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(secrets).size).toBe(1);
  });
}
