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
