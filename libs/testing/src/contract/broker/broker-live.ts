import { type Command, type JobEvent, systemClock } from '@leveret/core';
import { expect, test } from 'vitest';
import { createInbox } from '../../inbox.ts';
import { sampleBatch, sampleMessage, started, succeeded, uniqueQueue } from '../sample-job.ts';
import {
  type BrokerBench,
  consumeInto,
  freshId,
  type Link,
  listenInto,
  recordInto,
} from './broker-under-test.ts';

/** The promises of the live channel. */
export function describeBrokerLive(bench: () => BrokerBench): void {
  describeFollowing(bench);
  describeCommands(bench);
  describeQuestions(bench);
}

function describeFollowing(bench: () => BrokerBench): void {
  test('all who follow are told each event from now on, whoever emits it, in order', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    const events = sampleEvents(5);
    await one.emit(sampleEvents(1));
    const [first, second] = [await listenInto(one), await listenInto(other)];

    for (const event of events) await one.emit([event]);
    const last = sampleEvents(1);
    await other.emit(last);

    expect(await first.inbox.take(6)).toEqual([...events, ...last]);
    expect(await second.inbox.take(6)).toEqual([...events, ...last]);
    expect([first.gaps.size(), second.gaps.size(), first.commands.size()]).toEqual([0, 0, 0]);
  });

  test('what is told by settling is told to followers', async () => {
    await using brokers = bench();
    const [broker, other] = [await brokers.open(), await brokers.open()];
    const { inbox: followed } = await listenInto(other);
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();

    await delivery.settle({ events: [succeeded(delivery.message)] });

    expect(await followed.next()).toEqual(succeeded(delivery.message));
  });

  test('following takes nothing away from the recorder', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const { inbox: followed } = await listenInto(broker);
    const events = sampleEvents(3);

    for (const event of events) await broker.emit([event]);
    await followed.take(3);
    const { inbox } = await recordInto(broker);

    const recorded: JobEvent[] = [];
    while (recorded.at(-1)?.jobId !== events[2]?.jobId) recorded.push(await inbox.next());
    expect(recorded.slice(-3)).toEqual(events);
  });

  test('a follower that throws is told the next thing, and others are told everything', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const { inbox: others } = await listenInto(broker);
    const inbox = createInbox<JobEvent>();
    const [bad, good, last] = [sampleEvents(1), sampleEvents(1), sampleEvents(1)];
    await broker.live.followEvents({
      onReceived(events) {
        events.forEach(inbox.put);
        if (events[0]?.jobId === bad[0]?.jobId) throw new Error('not this one');
      },
      onGap: () => undefined,
    });

    await broker.emit(bad);
    await broker.emit(good);
    await others.take(2);
    await broker.emit(last);

    expect(await inbox.take(3)).toEqual([...bad, ...good, ...last]);
    expect(await others.next()).toEqual(last[0]);
  });

  test('events that only a newer version knows are passed over', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const { inbox } = await listenInto(broker);
    const [known] = sampleEvents(1);
    const newer = { ...known, type: 'beamed-up' } as unknown as JobEvent;

    await broker.emit([newer]);
    await broker.emit(sampleEvents(1).concat(newer));

    expect((await inbox.next()).type).toBe('started');
    expect(inbox.size()).toBe(0);
  });
}

function describeCommands(bench: () => BrokerBench): void {
  test('a command is told to all who listen, its sender included, in the order of broadcasting', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    await one.live.broadcast(sampleCommand());
    const [first, second] = [await listenInto(one), await listenInto(other)];
    const commands = [sampleCommand(), { ...sampleCommand(), more: { than: ['words', 1, null] } }];

    for (const command of commands) await one.live.broadcast(command);

    expect(await first.commands.take(2)).toEqual(commands);
    expect(await second.commands.take(2)).toEqual(commands);
    expect([first.gaps.size(), second.gaps.size(), first.inbox.size()]).toEqual([0, 0, 0]);
  });

  test('a listener that throws is told the next command', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const commands = createInbox<Command>();
    const [bad, good, last] = [sampleCommand(), sampleCommand(), sampleCommand()];
    await broker.live.onCommand({
      onReceived(command) {
        commands.put(command);
        if (command['mark'] === bad['mark']) throw new Error('not this one');
      },
      onGap: () => undefined,
    });

    for (const command of [bad, good]) await broker.live.broadcast(command);
    const told = await commands.take(2);
    await broker.live.broadcast(last);

    expect([...told, await commands.next()]).toEqual([bad, good, last]);
  });

  test('a listener that is stopped is told nothing more, and the others are', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const [stopped, other] = [await listenInto(broker), await listenInto(await brokers.open())];

    await stopped.stop();
    await stopped.stop();
    await broker.emit(sampleEvents(1));
    await broker.live.broadcast(sampleCommand());
    await Promise.all([other.inbox.next(), other.commands.next()]);

    expect([stopped.inbox.size(), stopped.commands.size(), stopped.gaps.size()]).toEqual([0, 0, 0]);
  });

  test('a closed broker refuses commands and listeners with BROKER_UNAVAILABLE', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const listener = { onReceived: () => undefined, onGap: () => undefined };
    await broker.close(0);

    const refused = { code: 'BROKER_UNAVAILABLE' };
    await expect(broker.live.broadcast(sampleCommand())).rejects.toMatchObject(refused);
    await expect(broker.live.onCommand(listener)).rejects.toMatchObject(refused);
    await expect(broker.live.followEvents(listener)).rejects.toMatchObject(refused);
  });
}

/** The promises of the live channel about lost connections. */
export function describeBrokerLiveLosses(bench: () => BrokerBench, link: () => Link): void {
  test('a listener whose connection was lost is told of the gap, and from then on everything', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const { inbox, commands, gaps } = await listenInto(broker);
    const events = sampleEvents(1);
    const command = sampleCommand();
    const moody = createInbox<JobEvent>();
    await broker.live.followEvents({
      onReceived: (told) => told.forEach(moody.put),
      onGap() {
        gaps.put('events');
        throw new Error('I do not look anything up');
      },
    });

    link().cut();
    expect(new Set(await gaps.take(3))).toEqual(new Set(['events', 'commands']));
    await untilDone(() => broker.emit(events));
    await untilDone(() => broker.live.broadcast(command));

    expect(await inbox.next()).toEqual(events[0]);
    expect(await commands.next()).toEqual(command);
    expect(await moody.next()).toEqual(events[0]);
    expect(gaps.size()).toBe(0);
  });
}

function sampleEvents(count: number): readonly JobEvent[] {
  return Array.from({ length: count }, () => started(sampleMessage(uniqueQueue())));
}

function sampleCommand(): Command {
  return { type: 'contract.command', version: 1, mark: freshId() };
}

/** Repeats what fails for want of a connection. */
async function untilDone(work: () => Promise<void>): Promise<void> {
  await expect.poll(() => work().then(() => 'done'), { timeout: 20_000, interval: 200 }).toBe('done');
}

function describeQuestions(bench: () => BrokerBench): void {
  const WAIT_MS = 20_000;
  /** An address that nobody else uses. */
  const freshAddress = () => `test.${freshId()}`;

  test('a question is answered by another process, and by this one', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    const address = freshAddress();
    await other.live.answer(address, async (question) => ({ heard: question }));

    const answers = await Promise.all([
      one.live.ask(address, [1, 'ü'], WAIT_MS),
      other.live.ask(address, { of: 'mine' }, WAIT_MS),
    ]);

    expect(answers).toEqual([
      { kind: 'answered', answer: { heard: [1, 'ü'] } },
      { kind: 'answered', answer: { heard: { of: 'mine' } } },
    ]);
  });

  test('where nobody answers, any more or at all, that is known at once', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    const [left, never] = [freshAddress(), freshAddress()];
    const answering = await other.live.answer(left, async () => 1);
    await one.live.ask(left, 1, WAIT_MS);
    await answering.stop();

    const since = systemClock.monotonic();
    const answers = await Promise.all([left, never].map((address) => one.live.ask(address, 1, 60_000)));

    expect(answers).toEqual([{ kind: 'none' }, { kind: 'none' }]);
    expect(systemClock.monotonic() - since).toBeLessThan(30_000);
  });

  test('that a question cannot be answered is known at once, and the next one is answered', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const address = freshAddress();
    await broker.live.answer(address, (question) =>
      question === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve(question),
    );

    const since = systemClock.monotonic();
    expect(await broker.live.ask(address, 'bad', 60_000)).toEqual({ kind: 'none' });
    expect(systemClock.monotonic() - since).toBeLessThan(30_000);
    expect(await broker.live.ask(address, 'good', WAIT_MS)).toEqual({ kind: 'answered', answer: 'good' });
  });

  test('a question that is not answered in time is late', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const address = freshAddress();
    await broker.live.answer(address, () => new Promise<never>(() => undefined));

    expect(await broker.live.ask(address, 1, 200)).toEqual({ kind: 'late' });
  });

  test('where several answer, there is one answer', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    const address = freshAddress();
    for (const [index, broker] of [one, other].entries())
      await broker.live.answer(address, async () => index);

    const answers = await Promise.all(Array.from({ length: 20 }, () => one.live.ask(address, null, WAIT_MS)));

    for (const asked of answers) expect(asked).toEqual({ kind: 'answered', answer: expect.any(Number) });
  });

  test('an address that is none is refused', async () => {
    await using brokers = bench();
    const broker = await brokers.open();

    await expect(broker.live.ask('Ü', 1, 1)).rejects.toThrow(RangeError);
    await expect(broker.live.answer('a b', async () => 1)).rejects.toThrow(RangeError);
  });
}
