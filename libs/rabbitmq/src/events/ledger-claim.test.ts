import { type LeveretError, newId, silentLogger, systemClock, systemRandom } from '@leveret/core';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { wrongs } from '../../fixtures/picture.ts';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { openTestBroker } from '../../fixtures/test-broker.ts';
import { openUser } from '../../fixtures/user.ts';
import { openRabbitmqDoctor } from '../doctor/doctor.ts';

const freshLedger = () => newId(systemClock, systemRandom);
const record = () => Promise.resolve();

/** What the doctor says of the ledger. */
async function ledgerFindings(urls: readonly string[], managementUrl: string): Promise<readonly string[]> {
  const doctor = await openRabbitmqDoctor({ urls, managementUrl, jobs: [], queues: ['work'] });
  const findings = await doctor.examine();
  await doctor.close();
  expect(wrongs(findings)).not.toContainEqual(expect.stringMatching(/ledger/));
  return findings.filter(({ about }) => about === 'leveret.ledger').map(({ what }) => what);
}

describe.skipIf(!hasRabbitmq())('the events of a namespace', () => {
  test('are recorded by one ledger, however many recorders it has; those of another ledger are refused with words', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using other = await openTestBroker(vhost.amqpUrl);
    // Short: the broker cuts off what it says of long ones.
    const [ledgerId, otherId] = ['one', 'other'];

    await broker.recordEvents(record, { ledgerId });
    await other.recordEvents(record, { ledgerId });

    await expect(other.recordEvents(record, { ledgerId: otherId })).rejects.toMatchObject({
      code: 'LEDGER_MISMATCH',
      message: expect.stringMatching(
        new RegExp(`recorded by the ledger ${ledgerId}.*leveret init --adopt-ledger ${otherId}`),
      ),
      details: { ledgerId: otherId, recordedBy: ledgerId },
    });
  });

  test('stay with their ledger when every recorder has stopped', async () => {
    await using vhost = await openVhost();
    const first = await openTestBroker(vhost.amqpUrl);
    await first.recordEvents(record, { ledgerId: freshLedger() });
    await first.close(500);

    await using second = await openTestBroker(vhost.amqpUrl);

    await expect(second.recordEvents(record, { ledgerId: freshLedger() })).rejects.toMatchObject({
      code: 'LEDGER_MISMATCH',
    });
  });

  test('of two ledgers that claim them at once, one gets them', async () => {
    await using vhost = await openVhost();
    await using one = await openTestBroker(vhost.amqpUrl);
    await using other = await openTestBroker(vhost.amqpUrl);

    const claims = await Promise.allSettled(
      [one, other].map((broker) => broker.recordEvents(record, { ledgerId: freshLedger() })),
    );

    expect(claims.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('move to another ledger when it is adopted, and the doctor tells which one has them', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    const [before, after] = [freshLedger(), freshLedger()];
    const subscription = await broker.recordEvents(record, { ledgerId: before });
    await subscription.stop();
    const toldBefore = await ledgerFindings([vhost.amqpUrl], vhost.apiUrl);

    const doctor = await openRabbitmqDoctor({ urls: [vhost.amqpUrl], jobs: [] });
    await doctor.adoptLedger(after);
    await doctor.adoptLedger(after);
    await doctor.close();

    await broker.recordEvents(record, { ledgerId: after });
    await expect(broker.recordEvents(record, { ledgerId: before })).rejects.toMatchObject({
      code: 'LEDGER_MISMATCH',
    });
    expect(toldBefore).toEqual([`the events are recorded by the ledger ${before}`]);
    expect(await ledgerFindings([vhost.amqpUrl], vhost.apiUrl)).toEqual([
      `the events are recorded by the ledger ${after}`,
    ]);
  });

  test('are refused to a ledger that has lost them, which is logged once and told until it has them again', async () => {
    await using vhost = await openVhost();
    await using raw = await openRawChannel(vhost.amqpUrl);
    const lines: string[] = [];
    const error = (fields: object, text: string) => void lines.push(`${text} ${JSON.stringify(fields)}`);
    await using broker = await openTestBroker(vhost.amqpUrl, { logger: { ...silentLogger, error } });
    const doctor = await openRabbitmqDoctor({ urls: [vhost.amqpUrl], jobs: [] });
    let refusal: LeveretError | undefined;
    const onRefused = (given: LeveretError | undefined) => {
      refusal = given;
    };
    await broker.recordEvents(record, { ledgerId: 'one', onRefused });

    await doctor.adoptLedger('other');
    await raw.deleteQueue('leveret.events.ledger');
    await expect
      .poll(() => refusal)
      .toMatchObject({
        code: 'LEDGER_MISMATCH',
        message: expect.stringMatching(/recorded by the ledger other, and this is one: use the ledger/),
      });
    await doctor.adoptLedger('one');
    await doctor.close();
    await expect.poll(() => refusal).toBeUndefined();

    expect(lines).toEqual([expect.stringContaining('recorded by the ledger other')]);
  });

  test('are guarded for a user who may not declare, too', async () => {
    await using vhost = await openVhost();
    await using user = await openUser(vhost);
    await using owner = await openTestBroker(vhost.amqpUrl);
    await using broker = await openTestBroker(user.url);
    const ledgerId = freshLedger();

    await expect(broker.recordEvents(record, { ledgerId })).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
    });
    await owner.recordEvents(record, { ledgerId });
    await broker.recordEvents(record, { ledgerId });
    await expect(broker.recordEvents(record, { ledgerId: freshLedger() })).rejects.toMatchObject({
      code: 'LEDGER_MISMATCH',
      message: expect.stringContaining('recorded by another ledger'),
    });
  });
});
