import type { OperationView } from '@leveret/http-contract/admin';
import { sampleEntry, sampleMessage } from '@leveret/testing';
import { expect, test } from 'vitest';
import {
  type AdminBench,
  addAccount,
  openBench,
  serveAdminOnPort,
  signIn,
} from '../../fixtures/account-bench.ts';
import { openEventStream } from '../../fixtures/event-stream.ts';
import { generateApiKey } from '../access/credentials/api-key-secret.ts';

const API = '/v1/admin';
/** Within this time a stream ends whose principal may not follow any more, in milliseconds. */
const CUT_MS = 10_000;

type Headers = Readonly<Record<string, string>>;

/** An admin API on a port, with the admin `ada`, who has signed in, and the operator `bob`. */
async function serve() {
  const bench = await openBench();
  await addAccount(bench, 'ada', 'admin');
  await addAccount(bench, 'bob', 'operator');
  const { send, url } = await serveAdminOnPort({ bench });
  const [ada, bob] = [await signIn(send, 'ada'), await signIn(send, 'bob')];
  const idOf = async (account: string) =>
    (await bench.accounts.sessions()).find((session) => session.account === account)?.id ?? '';
  return { bench, send, url, ada, bob, idOf };
}

type Served = Awaited<ReturnType<typeof serve>>;

/** How an admin takes the access of the operator away. */
const ENDINGS: Readonly<Record<string, (served: Served) => Promise<{ readonly statusCode: number }>>> = {
  'session is ended': async ({ send, ada, idOf }) =>
    send({ method: 'DELETE', url: `${API}/sessions/${await idOf('bob')}`, headers: ada }),
  'account is removed': ({ send, ada }) =>
    send({ method: 'DELETE', url: `${API}/accounts/bob`, headers: ada }),
  'password is changed': ({ send, ada }) =>
    send({
      ...{ method: 'PATCH', url: `${API}/accounts/bob`, headers: ada },
      payload: { generatePassword: true },
    }),
  'role is lowered': ({ send, ada }) =>
    send({ method: 'PATCH', url: `${API}/accounts/bob`, headers: ada, payload: { role: 'viewer' } }),
};

/** Puts cancelled jobs of the queue `many` into the ledger, and returns their ids. */
async function addEndedJobs({ options: { store } }: AdminBench, count: number): Promise<readonly string[]> {
  const messages = Array.from({ length: count }, () => sampleMessage('many'));
  await store.accept(messages.map((message) => sampleEntry(message)));
  await store.markDispatched(messages.map(({ id }) => id));
  const requests = messages.map(({ id }) => ({ action: 'cancel', jobId: id, by: 'test' }) as const);
  await store.control(requests);
  return messages.map(({ id }) => id);
}

test.each(Object.entries(ENDINGS))(
  'an operator whose %s in the middle of an operation is refused from the next request on, and the operation goes on in the same name',
  async (name, end) => {
    const served = await serve();
    const { bench, send, ada, bob } = served;
    // At this rate it takes a minute: it does not end before the access does.
    const jobIds = await addEndedJobs(bench, 900);
    const started = await send({
      ...{ method: 'POST', url: `${API}/operations`, headers: bob },
      payload: { action: 'retry', jobIds, perSecond: 15 },
    });
    const { id } = started.json<OperationView>();
    const read = async () =>
      (await send({ url: `${API}/operations/${id}`, headers: ada })).json<OperationView>();

    const ended = await end(served);
    const during = await read();
    const refused = await send({ method: 'POST', url: `${API}/operations/${id}/stop`, headers: bob });

    expect([started.statusCode, ended.statusCode]).toEqual([202, expect.toBeOneOf([200, 204])]);
    expect(during).toMatchObject({ state: 'running', total: 900 });
    expect(refused.statusCode).toBe(name === 'role is lowered' ? 403 : 401);
    await expect.poll(async () => (await read()).done, { timeout: 20_000 }).toBeGreaterThan(during.done);
    const audit = await bench.options.store.audit({ jobId: jobIds[during.done] ?? '', limit: 1 });
    expect(audit).toMatchObject([{ action: 'retry', by: 'bob' }]);
    expect((await read()).by).toBe('bob');
  },
);

/** Turns the clock step by step, so that the ledger of this process answers in between what it is asked. */
async function pass({ clock, accounts }: AdminBench, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 500) {
    await clock.advance(500);
    await accounts.sessions();
  }
}

/** Opens the three live streams, and waits until each has begun. */
async function follow({ bench, url }: Served, headers: Headers) {
  const [jobId = ''] = await addEndedJobs(bench, 1);
  const paths = ['overview', 'jobs', `jobs/${jobId}`];
  const streams = await Promise.all(
    paths.map((path) => openEventStream(`${url}${API}/live/${path}`, headers)),
  );
  expect(streams.map(({ response }) => response.status)).toEqual([200, 200, 200]);
  return streams;
}

test.each(Object.entries(ENDINGS).filter(([name]) => name !== 'role is lowered'))(
  'the live streams of an operator whose %s are cut, and those of others go on',
  async (_name, end) => {
    const served = await serve();
    const streams = await follow(served, { cookie: served.bob['cookie'] ?? '' });
    const [other] = await follow(served, { cookie: served.ada['cookie'] ?? '' });
    let isOtherCut = false;
    const noteCut = () => {
      isOtherCut = true;
    };
    // It rejects when the test closes it.
    other?.ended.then(noteCut, noteCut);

    await end(served);
    await pass(served.bench, CUT_MS);
    await Promise.all(streams.map(({ ended }) => ended));

    expect(isOtherCut).toBe(false);
  },
);

test('A-10 a key that is revoked is refused from the next request on, and its live streams are cut', async () => {
  const served = await serve();
  const { bench, send, ada } = served;
  const { id, secret, hash } = generateApiKey();
  await bench.accounts.addApiKey({ id, name: 'deploy', role: 'viewer', hash }, { by: 'test' });
  const headers = { authorization: `Bearer ${secret}` };
  const streams = await follow(served, headers);

  const revoked = await send({ method: 'DELETE', url: `${API}/keys/${id}`, headers: ada });
  const refused = await send({ url: `${API}/session`, headers });
  await pass(bench, CUT_MS);
  await Promise.all(streams.map(({ ended }) => ended));

  expect([revoked.statusCode, refused.statusCode]).toEqual([204, 401]);
});
