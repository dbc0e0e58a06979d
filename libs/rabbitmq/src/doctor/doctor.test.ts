import { hasRabbitmq, openVhost, type TestVhost } from '@leveret/testing/rabbitmq';
import type { Channel } from 'amqplib';
import { describe, expect, test } from 'vitest';
import { wrongs } from '../../fixtures/picture.ts';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { openUser } from '../../fixtures/user.ts';
import { openRabbitmqDoctor, type RabbitmqDoctorOptions } from './doctor.ts';

const JOBS = [{ kind: 'mail.send', queue: 'mail', timeoutMs: 60_000 }];
/** Where nobody listens. */
const NOBODY = 'http://127.0.0.1:1';

/** A doctor of the virtual host, that sees all unless something else is said. */
async function openDoctor({ amqpUrl, apiUrl }: TestVhost, otherwise: Partial<RabbitmqDoctorOptions> = {}) {
  const options = { urls: [amqpUrl], managementUrl: apiUrl, jobs: JOBS, ...otherwise };
  const doctor = await openRabbitmqDoctor(options);
  return Object.assign(doctor, { [Symbol.asyncDispose]: () => doctor.close() });
}

/** A virtual host in which everything is declared, with the queue `mail`. */
async function openDeclared(): Promise<TestVhost> {
  const vhost = await openVhost();
  await using doctor = await openDoctor(vhost, { queues: ['mail'] });
  await doctor.declareMissing();
  return vhost;
}

/** What is said of any broker: how good its version is, and the timeout that it shows to nobody. */
function isOfTheBroker(line: string): boolean {
  return / version | consumer-timeout /.test(line);
}

async function examine(
  vhost: TestVhost,
  otherwise: Partial<RabbitmqDoctorOptions> = {},
): Promise<readonly string[]> {
  await using doctor = await openDoctor(vhost, otherwise);
  return wrongs(await doctor.examine()).filter((line) => !isOfTheBroker(line));
}

/** What declaring what is missing has brought back. */
async function mend(
  vhost: TestVhost,
  otherwise: Partial<RabbitmqDoctorOptions> = {},
): Promise<readonly string[]> {
  await using doctor = await openDoctor(vhost, otherwise);
  return await doctor.declareMissing();
}

async function breakBy(vhost: TestVhost, harm: (raw: Channel) => Promise<unknown>): Promise<void> {
  await using raw = await openRawChannel(vhost.amqpUrl);
  await harm(raw);
}

describe.skipIf(!hasRabbitmq())('the doctor', () => {
  test('in an empty virtual host everything is missing; declared, nothing is', async () => {
    await using vhost = await openVhost();

    const before = await examine(vhost, { queues: ['mail'] });
    const declared = await mend(vhost, { queues: ['mail'] });

    expect(before).toContain('problem queue leveret.q.mail');
    expect(before).toContain('problem exchange leveret.topology.v1');
    expect(declared).toContain('queue leveret.q.mail');
    expect(await examine(vhost)).toEqual([]);
    expect(await mend(vhost)).toEqual([]);
  });

  test.each<[string, (raw: Channel) => Promise<unknown>, readonly string[]]>([
    [
      'a binding of a work queue',
      (raw) => raw.unbindQueue('leveret.q.mail', 'leveret.jobs', 'mail.normal.#'),
      ['problem binding leveret.jobs –mail.normal.#→ leveret.q.mail'],
    ],
    [
      'the way out of the wheel',
      (raw) => raw.unbindExchange('leveret.delay.out', 'leveret.delay.x3', '3>'),
      ['problem binding leveret.delay.x3 –3>→ leveret.delay.out'],
    ],
    [
      'the dead-letter exchange',
      (raw) => raw.deleteExchange('leveret.dead'),
      ['problem exchange leveret.dead', 'problem binding leveret.dead –mail→ leveret.dead.mail'],
    ],
    [
      'the alternate exchange',
      (raw) => raw.deleteExchange('leveret.unroutable'),
      ['problem exchange leveret.unroutable', 'problem binding leveret.unroutable –→ leveret.unroutable'],
    ],
    [
      'a work queue',
      (raw) => raw.deleteQueue('leveret.q.mail'),
      [
        'problem queue leveret.q.mail',
        'problem binding leveret.jobs –mail.normal.#→ leveret.q.mail',
        'problem binding leveret.delay.out –leveret.q.mail→ leveret.q.mail',
      ],
    ],
  ])('%s that is gone is found, and brought back', async (_, harm, expected) => {
    await using vhost = await openDeclared();
    await breakBy(vhost, harm);

    const found = await examine(vhost);
    const declared = await mend(vhost);

    expect(found).toEqual(expected);
    expect(declared.map((entity) => `problem ${entity}`).sort()).toEqual([...expected].sort());
    expect(await examine(vhost)).toEqual([]);
  });

  test('a slot of the wheel that is missing is found, of any level', async () => {
    await using vhost = await openDeclared();
    await breakBy(vhost, (raw) => raw.deleteQueue('leveret.delay.12.2'));

    expect(await examine(vhost)).toContain('problem queue leveret.delay.12.2');
    expect(await mend(vhost)).toContain('queue leveret.delay.12.2');
    expect(await examine(vhost)).toEqual([]);
  });

  test('what exists with other arguments is told, and left alone with what it holds', async () => {
    await using vhost = await openVhost();
    await using raw = await openRawChannel(vhost.amqpUrl);
    await raw.assertQueue('leveret.q.mail', {
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 5 },
    });
    raw.sendToQueue('leveret.q.mail', Buffer.from('kept'));

    await mend(vhost);
    await using doctor = await openDoctor(vhost);
    const findings = (await doctor.examine()).filter(({ severity }) => severity === 'problem');

    expect(wrongs(findings)).toEqual(['problem arguments queue leveret.q.mail']);
    expect(findings[0]?.what).toMatch(/inequivalent arg 'x-/);
    expect((await raw.checkQueue('leveret.q.mail')).messageCount).toBe(1);
    const [queue] = (await vhost.management.listQueues(vhost.name)).filter(
      ({ name }) => name === 'leveret.q.mail',
    );
    expect(queue?.arguments['x-delivery-limit']).toBe(5);
  });

  test('a policy that lets jobs expire is told, and not cleared', async () => {
    await using vhost = await openDeclared();
    const policy = { pattern: '^leveret\\.q\\.', definition: { 'message-ttl': 60_000 } };
    await vhost.management.setPolicy(vhost.name, 'house', policy);

    const found = await examine(vhost);
    await mend(vhost);

    expect(found).toEqual(['problem policy leveret.q.mail.high and 2 more']);
    expect(await examine(vhost)).toEqual(found);
  });

  test('a message that had no way is told, and stays', async () => {
    await using vhost = await openDeclared();
    await using raw = await openRawChannel(vhost.amqpUrl);
    raw.publish('leveret.delay.out', 'leveret.q.nowhere', Buffer.from('1'));
    const count = async () => (await raw.checkQueue('leveret.unroutable')).messageCount;
    await expect.poll(count).toBe(1);

    const found = await examine(vhost);

    expect(found).toEqual(['problem unroutable leveret.unroutable']);
    expect(await mend(vhost)).toEqual([]);
    expect(await count()).toBe(1);
  });

  test('looking leaves no message anywhere', async () => {
    await using vhost = await openDeclared();

    await examine(vhost);

    await using raw = await openRawChannel(vhost.amqpUrl);
    expect((await raw.checkQueue('leveret.unroutable')).messageCount).toBe(0);
    expect((await raw.checkQueue('leveret.q.mail')).messageCount).toBe(0);
  });
});

describe.skipIf(!hasRabbitmq())('without the management API', () => {
  test('what AMQP shows is told, and what it does not is not known', async () => {
    await using vhost = await openDeclared();
    await breakBy(vhost, (raw) => raw.deleteExchange('leveret.dead'));

    const found = await examine(vhost, { managementUrl: NOBODY });

    expect(found).toContain('problem exchange leveret.dead');
    for (const check of ['alarm', 'node', 'partition', 'members', 'binding', 'policy', 'permission'])
      expect(found.filter((line) => line.startsWith(`unknown ${check} `))).toHaveLength(1);
  });

  test('bindings that nobody can see are declared all the same', async () => {
    await using vhost = await openDeclared();
    await breakBy(vhost, (raw) => raw.unbindQueue('leveret.q.mail', 'leveret.jobs', 'mail.normal.#'));

    const declared = await mend(vhost, { managementUrl: NOBODY });

    expect(declared).toEqual([]);
    expect(await examine(vhost)).toEqual([]);
  });
});

describe.skipIf(!hasRabbitmq())('a user who may not declare', () => {
  test('is told so, by the broker’s own refusal and by its permissions', async () => {
    await using vhost = await openDeclared();
    await using user = await openUser(vhost);

    const seeing = await examine(vhost, { urls: [user.url] });
    const blind = await examine(vhost, { urls: [user.url], managementUrl: NOBODY });

    expect(seeing).toEqual([`warning permission ${user.name}`]);
    expect(blind).toContain(`warning permission ${user.name}`);
    expect(blind).toContain('unknown arguments queue leveret.q.mail');
    expect(blind.filter((line) => line.startsWith('problem'))).toEqual([]);
  });

  test('is told who may, when something is missing', async () => {
    await using vhost = await openDeclared();
    await using user = await openUser(vhost);
    await breakBy(vhost, (raw) => raw.deleteQueue('leveret.dead.mail'));

    await expect(mend(vhost, { urls: [user.url] })).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringContaining('run "leveret init" as a user that may configure'),
    });
  });

  test('who may not write either has a problem', async () => {
    await using vhost = await openDeclared();
    await using user = await openUser(vhost, { write: '^$' });

    const found = await examine(vhost, { urls: [user.url], managementUrl: NOBODY });

    expect(found).toContain(`problem permission ${user.name}`);
    expect(found).toContain('unknown blocked publishing');
  });
});
