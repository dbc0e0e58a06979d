import { expect, test } from 'vitest';
import { type ServeOptions, serveApi } from '../../fixtures/serve-api.ts';

/** What `GET /health/ready` answers. */
async function readinessOf(options: ServeOptions): Promise<{ status: number; body: unknown }> {
  const { url } = await serveApi(options);
  const response = await fetch(`${url}/health/ready`);
  return { status: response.status, body: await response.json() };
}

test('a recorder that is refused is shown with its reason, and requests are taken on all the same', async () => {
  const reason = 'another ledger records them';
  const refused = { state: 'down', reason, warning: 'the ledger keeps 3 events' } as const;

  const { status, body } = await readinessOf({ recorder: { status: () => refused } });

  expect(status).toBe(200);
  expect(body).toEqual({
    status: 'ready',
    dependencies: { broker: { state: 'up' }, store: { state: 'up' }, recorder: refused },
  });
});

test('a server that records nothing says nothing of it', async () => {
  const { body } = await readinessOf({});

  expect(body).toEqual({
    status: 'ready',
    dependencies: { broker: { state: 'up' }, store: { state: 'up' } },
  });
});

test('one of broker and ledger is enough; the other is named with its reason', async () => {
  const blocked = { state: 'blocked', reason: 'low on memory' } as const;
  const broker = { status: () => blocked } as unknown as NonNullable<ServeOptions['broker']>;

  const { status, body } = await readinessOf({ broker });

  expect(status).toBe(200);
  expect(body).toEqual({ status: 'ready', dependencies: { broker: blocked, store: { state: 'up' } } });
});

test('without broker and ledger a server is not ready, and says why each is away', async () => {
  const down = { state: 'down', reason: 'connect ECONNREFUSED' } as const;
  const full = { state: 'blocked', reason: 'the disk is full' } as const;
  const broker = { status: () => down } as unknown as NonNullable<ServeOptions['broker']>;
  const store = { status: () => full } as unknown as NonNullable<ServeOptions['store']>;

  const { status, body } = await readinessOf({ broker, store });

  expect(status).toBe(503);
  expect(body).toEqual({
    status: 'not-ready',
    reason: 'neither the broker nor the ledger can take a job',
    dependencies: { broker: down, store: full },
  });
});
