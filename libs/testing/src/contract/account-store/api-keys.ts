import { KEY_USE_EVERY_MS, type NewApiKey } from '@leveret/core';
import { expect, test } from 'vitest';
import { type AccountsBench, author } from './accounts-bench.ts';

let keyCount = 0;

function sampleKey(name?: string): NewApiKey {
  keyCount += 1;
  return {
    id: `id-${keyCount}`,
    name: name ?? `key-${keyCount}`,
    role: 'operator',
    hash: `hash-${keyCount}`,
  };
}

/** The promises about API keys. */
export function describeApiKeys({ store, openAnother, lastEntry, clock }: AccountsBench): void {
  test('a key that was created is there for all, and its hash only where it is asked for by id', async () => {
    const key = sampleKey();
    const another = await openAnother();

    const added = await store().addApiKey(key, author);

    const { hash, ...shown } = key;
    expect(added).toEqual({ ...shown, createdAt: clock.now(), createdBy: author.by });
    expect(await another.apiKeys()).toContainEqual(added);
    expect(await another.findApiKey(key.id)).toEqual({ ...added, hash });
    expect(await lastEntry()).toEqual({
      ...author,
      action: 'create-key',
      subject: key.name,
      detail: `${key.id}: operator`,
      at: clock.now(),
    });
  });

  test('at most two keys of one name are valid, also when they are created at the same time', async () => {
    const another = await openAnother();
    const [first, second, third] = [sampleKey('deploy'), sampleKey('deploy'), sampleKey('deploy')];
    await store().addApiKey(first, author);

    const outcomes = await Promise.allSettled([
      store().addApiKey(second, author),
      another.addApiKey(third, author),
    ]);
    const refused = outcomes.find(({ status }) => status === 'rejected');
    await store().revokeApiKey(first.id, author);
    await store().addApiKey(sampleKey('deploy'), author);

    expect(refused).toMatchObject({ reason: { code: 'API_KEY_LIMIT' } });
    expect((await store().apiKeys()).filter(({ name }) => name === 'deploy')).toHaveLength(2);
  });

  test('a key that was revoked is gone', async () => {
    const key = sampleKey();
    await store().addApiKey(key, author);

    await store().revokeApiKey(key.id, author);

    expect(await store().findApiKey(key.id)).toBeUndefined();
    expect((await store().apiKeys()).map(({ id }) => id)).not.toContain(key.id);
    expect(await lastEntry()).toMatchObject({ action: 'revoke-key', subject: key.name, detail: key.id });
    await expect(store().revokeApiKey(key.id, author)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
  });

  test('the use of a key is stored at most once a minute', async () => {
    const key = sampleKey();
    await store().addApiKey(key, author);
    const lastUse = async () => (await store().findApiKey(key.id))?.lastUsedAt;

    await store().noteApiKeyUse(key.id);
    const first = clock.now();
    await clock.advance(KEY_USE_EVERY_MS - 1);
    await store().noteApiKeyUse(key.id);
    const early = await lastUse();
    await clock.advance(1);
    await store().noteApiKeyUse(key.id);

    expect([early, await lastUse()]).toEqual([first, clock.now()]);
    await store().noteApiKeyUse('unknown');
  });
}
