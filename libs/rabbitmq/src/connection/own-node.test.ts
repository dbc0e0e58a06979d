import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { hasServer, startPrivateNode } from '@leveret/testing/rabbitmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Certificates, makeCertificates } from '../../fixtures/certificates.ts';
import { keepLines } from '../../fixtures/log-lines.ts';
import { consumeInto, makeMessage, publishOne, readOne } from '../../fixtures/test-broker.ts';
import { createRabbitmqBroker } from '../broker.ts';
import { openRabbitmqDoctor } from '../doctor/doctor.ts';
import type { TlsOptions } from './amqp.ts';

const START_MS = 120_000;
if (!hasServer())
  process.stderr.write(
    'SKIPPED: TLS and memory alarms: there is no installed rabbitmq-server to start a node of\n',
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!hasServer())('a broker that takes TLS alone, with certificates on both sides', () => {
  let certificates: Certificates;
  let node: Awaited<ReturnType<typeof startPrivateNode>>;
  let port: number;
  let full: Required<TlsOptions>;

  beforeAll(async () => {
    certificates = await makeCertificates();
    port = await freePort();
    node = await startPrivateNode([
      `listeners.ssl.1 = 127.0.0.1:${port}`,
      `ssl_options.cacertfile = ${certificates.pathOf('ca.pem')}`,
      `ssl_options.certfile = ${certificates.pathOf('server.pem')}`,
      `ssl_options.keyfile = ${certificates.pathOf('server.key')}`,
      'ssl_options.verify = verify_peer',
      'ssl_options.fail_if_no_peer_cert = true',
    ]);
    const [ca, cert, key] = await Promise.all(['ca.pem', 'client.pem', 'client.key'].map(certificates.read));
    full = { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
  }, START_MS);

  afterAll(async () => {
    await node.stop();
    await certificates[Symbol.asyncDispose]();
  }, START_MS);

  test('is connected to with an authority of its own and a certificate of ours', async () => {
    const broker = await createRabbitmqBroker({
      urls: [`amqps://guest:guest@localhost:${port}`],
      tls: full,
    });

    await broker.declare(['work']);
    const { id } = await publishOne(broker, 'work');
    const received = await readOne(await consumeInto(broker, 'work'));
    await broker.close(1_000);

    expect(received).toBe(id);
  });

  test.each([
    ['whose authority is not known', 'localhost', ({ cert, key }) => ({ cert, key }), 'give that authority'],
    [
      'whose certificate is for another host',
      '127.0.0.1',
      (tls) => tls,
      'connect by a name that stands in it',
    ],
    [
      'that is shown no certificate',
      'localhost',
      ({ ca }) => ({ ca }),
      'refused the certificate of this process',
    ],
    [
      'that is shown a certificate with the key of another',
      'localhost',
      (tls) => ({ ...tls, cert: tls.ca }),
      'cannot be read, or do not belong together',
    ],
    ['that is shown no PEM', 'localhost', (tls) => ({ ...tls, key: 'x' }), 'cannot be read'],
  ] satisfies [string, string, (tls: Required<TlsOptions>) => TlsOptions, string][])(
    '%s is refused, and it is told what to fix',
    async (_what, host, toTls, words) => {
      const urls = [`amqps://guest:guest@${host}:${port}`];

      await expect(createRabbitmqBroker({ urls, tls: toTls(full) })).rejects.toMatchObject({
        code: 'BROKER_REFUSED',
        message: expect.stringContaining(words),
      });
    },
  );

  test('is not taken for one at the port without TLS', async () => {
    const urls = [node.amqpUrl.replace('amqp:', 'amqps:')];

    await expect(createRabbitmqBroker({ urls, tls: full })).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringContaining('the broker speaks no TLS on this port'),
    });
  });
});

describe.skipIf(!hasServer())('a broker that is short of memory', () => {
  let node: Awaited<ReturnType<typeof startPrivateNode>>;

  beforeAll(async () => {
    node = await startPrivateNode(['vm_memory_high_watermark.absolute = 1MB']);
  }, START_MS);

  afterAll(() => node.stop(), START_MS);

  test('keeps who was earlier waiting until it is closed, and refuses others at once, with one line in the log', async () => {
    const { logger, lines } = keepLines();
    const broker = await createRabbitmqBroker({ urls: [node.amqpUrl], logger });
    await broker.declare(['work']);
    const publish = () => broker.publish([{ message: makeMessage('work'), delayMs: 0 }]);

    const early = Promise.allSettled([publish()]);
    await expect.poll(() => broker.status().state).toBe('blocked');
    const late = publish();
    await expect(late).rejects.toMatchObject({
      code: 'BROKER_BLOCKED',
      details: { outcome: 'not-stored' },
    });
    await broker.close(0);

    expect(await early).toMatchObject([{ status: 'rejected', reason: { details: { outcome: 'unknown' } } }]);
    expect(lines).toEqual(['the broker takes no messages']);
  });

  test('is found out by the doctor, which says what to do', async () => {
    const doctor = await openRabbitmqDoctor({ urls: [node.amqpUrl], managementUrl: node.apiUrl, jobs: [] });

    const findings = await doctor.examine();
    await doctor.close();

    const wrong = new Map(findings.map(({ check, severity, fix }) => [check, { severity, fix }]));
    for (const check of ['alarm', 'blocked'] as const)
      expect(wrong.get(check)).toEqual({ severity: 'problem', fix: expect.stringContaining('memory') });
  });
});
