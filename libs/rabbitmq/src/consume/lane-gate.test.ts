import { JOB_PRIORITIES, type JobPriority, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import { createLaneGate } from './lane-gate.ts';
import type { Session } from './session.ts';
import { createSettledMemory } from './settled-memory.ts';
import type { QueueView } from './watchdog.ts';

interface Handed {
  readonly name: string;
  settle(): void;
}

/** A gate, and what it has handed over. `view`: what the broker says of every queue, or how it answers. */
function setUp(prefetch: number, view: QueueView | Session['look'] = { messageCount: 0, consumerCount: 2 }) {
  const clock = createManualClock();
  const handed: Handed[] = [];
  const log: string[] = [];
  const gate = createLaneGate({
    prefetch,
    onMessage(message, session) {
      const name = String(message.properties.type);
      if (name === 'poison') throw new Error('cannot be read');
      handed.push({ name, settle: () => session.ack(message.fields.deliveryTag) });
    },
    clock,
    logger: silentLogger,
  });

  /** A channel of a lane; each of its deliveries has a name. */
  function openLane(lane: JobPriority) {
    let lose: () => void = () => undefined;
    const delivered: string[] = [];
    const session: Session = {
      isOpen: () => true,
      settled: createSettledMemory(clock),
      ack: (tag) => log.push(`ack ${delivered[tag]}`),
      release: (tag) => log.push(`release ${delivered[tag]}`),
      look: typeof view === 'function' ? view : () => Promise.resolve(view),
      closed: new Promise<void>((resolve) => {
        lose = resolve;
      }),
    };
    const deliver = (...names: readonly string[]) => {
      for (const type of names) {
        const deliveryTag = delivered.push(type) - 1;
        gate.receive(
          lane,
          { fields: { deliveryTag }, properties: { type } } as unknown as RawDelivery,
          session,
        );
      }
    };
    return { deliver, lose };
  }

  /** Settles the oldest delivery in hand; what that lets through is then in `handed`. */
  async function settleNext(): Promise<void> {
    settleOne();
    await turn();
  }

  function settleOne(): void {
    handed.find(({ name }) => !log.includes(`ack ${name}`))?.settle();
  }
  const names = () => handed.map(({ name }) => name).join(' ');
  return { clock, gate, openLane, settleNext, settleOne, names, log };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('while a hand is free and nothing waits, a delivery is handed over within the call', () => {
  const { openLane, names } = setUp(3);
  const [high, low] = [openLane('high'), openLane('low')];

  low.deliver('l1');
  high.deliver('h1');
  low.deliver('l2', 'l3');
  high.deliver('h2');

  expect(names()).toBe('l1 h1 l2');
});

test('what waits has its turns by weight as hands become free, and is not handed over within a settlement', async () => {
  const { openLane, settleNext, settleOne, names } = setUp(2);
  const [high, normal, low] = JOB_PRIORITIES.map(openLane);
  low?.deliver('l1', 'l2');
  normal?.deliver('n1', 'n2');
  high?.deliver('h1', 'h2');
  settleOne();
  expect(names()).toBe('l1 l2');
  await turn();
  await settleNext();

  expect(names()).toBe('l1 l2 h1 h2');
});

test('a hand waits for an urgent lane whose next delivery is on its way, and not when nothing more waits in its queue', async () => {
  const { clock, openLane, settleNext, names } = setUp(1);
  const [high, low] = [openLane('high'), openLane('low')];
  high.deliver('h1');
  low.deliver('l1');

  await settleNext();
  await clock.advance(49);
  expect(names()).toBe('h1');
  high.deliver('h2');
  await turn();
  expect(names()).toBe('h1 h2');

  await settleNext();
  await clock.advance(50);
  expect(names()).toBe('h1 h2 l1');
});

test('while the broker says that more of the lane waits, a hand waits for that, and never longer than a second', async () => {
  const { clock, openLane, settleNext, names } = setUp(1, { messageCount: 1, consumerCount: 1 });
  const [high, low] = [openLane('high'), openLane('low')];
  high.deliver('h1');
  low.deliver('l1');

  await settleNext();
  await clock.advance(999);
  expect(names()).toBe('h1');
  high.deliver('h2');
  await turn();
  expect(names()).toBe('h1 h2');

  await settleNext();
  await clock.advance(1_000);
  expect(names()).toBe('h1 h2 l1');
});

test.each([
  ['does not answer', () => new Promise<never>(() => undefined), 1_000],
  ['refuses to answer', () => Promise.reject(new Error('refused')), 50],
])('a broker that %s does not keep a hand waiting', async (_, look, waitMs) => {
  const { clock, openLane, settleNext, names } = setUp(1, look);
  const [high, low] = [openLane('high'), openLane('low')];
  high.deliver('h1');
  low.deliver('l1');

  await settleNext();
  await clock.advance(waitMs - 1);
  expect(names()).toBe('h1');
  await clock.advance(1);

  expect(names()).toBe('h1 l1');
});

test('a hand stops waiting for a lane whose channel is lost', async () => {
  const { clock, openLane, settleNext, names } = setUp(1, { messageCount: 1, consumerCount: 1 });
  const [high, low] = [openLane('high'), openLane('low')];
  high.deliver('h1');
  low.deliver('l1');

  await settleNext();
  high.lose();
  await turn();

  expect(names()).toBe('h1 l1');
  expect(clock.pending()).toBe(1);
});

test('what waits from a channel that is lost is dropped, and its hands are free', async () => {
  const { clock, openLane, names, settleNext } = setUp(1);
  const [high, normal] = [openLane('high'), openLane('normal')];
  normal.deliver('n1');
  high.deliver('h1');
  normal.deliver('n2');

  normal.lose();
  await turn();
  await settleNext();
  await settleNext();
  await clock.advance(50);

  expect(names()).toBe('n1 h1');
});

test('a late settlement on a lost channel frees no hand once more', async () => {
  const { openLane, names, settleNext } = setUp(1);
  const [lost, next] = [openLane('normal'), openLane('normal')];
  lost.deliver('n1');

  lost.lose();
  await turn();
  next.deliver('n2');
  await settleNext();
  next.deliver('n3');
  await turn();

  expect(names()).toBe('n1 n2');
});

test('once shut a gate hands nothing over, and gives back what waits and what comes late', async () => {
  const { gate, openLane, settleNext, names, log } = setUp(1);
  const [high, low] = [openLane('high'), openLane('low')];
  low.deliver('l1', 'l2');

  gate.shut();
  high.deliver('h1');
  await settleNext();
  expect(log).toEqual(['ack l1']);
  gate.giveBackAll();
  low.deliver('l3');

  expect(names()).toBe('l1');
  expect(log).toEqual(['ack l1', 'release h1', 'release l2', 'release l3']);
});

test('a delivery that cannot be handed over is given back, and takes no hand', () => {
  const { openLane, names, log } = setUp(1);
  const normal = openLane('normal');

  normal.deliver('poison', 'n1');

  expect(log).toEqual(['release poison']);
  expect(names()).toBe('n1');
});

test('what has waited for a second is given back for others who may have a hand free', async () => {
  const { clock, openLane, log, names } = setUp(1);
  const [high, low] = [openLane('high'), openLane('low')];
  low.deliver('l1');
  high.deliver('h1');

  await clock.advance(999);
  expect(log).toEqual([]);
  high.deliver('h2');
  await clock.advance(1);

  expect(log).toEqual(['release h1']);
  await clock.advance(1_000);
  expect(log).toEqual(['release h1', 'release h2']);
  expect(names()).toBe('l1');
});

test.each([
  ['more waits in its queue', { messageCount: 1, consumerCount: 2 }],
  ['nobody else consumes that', { messageCount: 0, consumerCount: 1 }],
])('what waits stays where %s', async (_, view) => {
  const { clock, openLane, log } = setUp(1, view);
  const high = openLane('high');
  high.deliver('h1', 'h2');

  await clock.advance(60_000);

  expect(log).toEqual([]);
});

test('a gate in which nothing waits has nothing scheduled', async () => {
  const { clock, openLane, settleNext } = setUp(1);
  const high = openLane('high');
  high.deliver('h1', 'h2');
  await settleNext();
  await settleNext();

  await clock.advance(1_000);

  expect(clock.pending()).toBe(0);
});
