import { expect, onTestFinished, test } from 'vitest';
import { startHealthServer } from './health.ts';

test('a worker without its broker says by code what is away, but no address', async () => {
  const reason = 'amqp://10.0.0.7:5672: connect ECONNREFUSED';
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    broker: { status: () => ({ state: 'down', code: 'BROKER_UNAVAILABLE', reason }) },
    store: { status: () => ({ state: 'up' }) },
  });
  onTestFinished(() => server.close());
  const answerOf = async (path: string) => {
    const response = await fetch(`${server.url}${path}`);
    return { status: response.status, body: await response.json() };
  };

  const parts = { broker: { state: 'down', code: 'BROKER_UNAVAILABLE' }, store: { state: 'up' } };
  expect(await answerOf('/health/ready')).toEqual({ status: 503, body: { ...parts, status: 'unavailable' } });
  expect(await answerOf('/health/live')).toEqual({ status: 200, body: { ...parts, status: 'ok' } });
});
