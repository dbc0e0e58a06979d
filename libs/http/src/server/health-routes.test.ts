import { expect, test } from 'vitest';
import { type ServeOptions, serveApi } from '../../fixtures/serve-api.ts';

/** What `GET /health/ready` answers. */
async function readinessOf(options: ServeOptions): Promise<{ status: number; body: unknown }> {
  const { url } = await serveApi(options);
  const response = await fetch(`${url}/health/ready`);
  return { status: response.status, body: await response.json() };
}

test('a recorder that is refused is shown with its code, and requests are taken on all the same', async () => {
  const shown = { state: 'down', code: 'LEDGER_MISMATCH', warning: 'the ledger keeps 3 events' } as const;
  const refused = { ...shown, reason: 'another ledger records them' };

  const { status, body } = await readinessOf({ recorder: { status: () => refused } });

  expect(status).toBe(200);
  expect(body).toEqual({
    status: 'ready',
    dependencies: { broker: { state: 'up' }, store: { state: 'up' }, recorder: shown },
  });
});

test('a server that records nothing says nothing of it', async () => {
  const { body } = await readinessOf({});

  expect(body).toEqual({
    status: 'ready',
    dependencies: { broker: { state: 'up' }, store: { state: 'up' } },
  });
});

test('one of broker and ledger is enough; the other is named with its code', async () => {
  const shown = { state: 'blocked', code: 'BROKER_BLOCKED' } as const;
  const blocked = { ...shown, reason: 'low on memory' };
  const broker = { status: () => blocked } as unknown as NonNullable<ServeOptions['broker']>;

  const { status, body } = await readinessOf({ broker });

  expect(status).toBe(200);
  expect(body).toEqual({ status: 'ready', dependencies: { broker: shown, store: { state: 'up' } } });
});

test('without broker and ledger a server is not ready, and says by code why each is away, but no address', async () => {
  const [code, storeCode] = ['BROKER_REFUSED', 'STORE_UNAVAILABLE'] as const;
  const down = { state: 'down', code, reason: 'amqp://10.0.0.7:5672: the broker refused the login' };
  const full = { state: 'down', code: storeCode, reason: '/data/leveret.db: the disk is full' };
  const broker = { status: () => down } as unknown as NonNullable<ServeOptions['broker']>;
  const store = { status: () => full } as unknown as NonNullable<ServeOptions['store']>;

  const { status, body } = await readinessOf({ broker, store });

  expect(status).toBe(503);
  expect(body).toEqual({
    status: 'not-ready',
    reason: 'neither the broker nor the ledger can take a job',
    dependencies: {
      broker: { state: 'down', code },
      store: { state: 'down', code: storeCode },
    },
  });
});
