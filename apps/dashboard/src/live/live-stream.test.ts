import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { ApiError } from '../api/transport/api-error.ts';
import { type LiveState, openLiveStream } from './live-stream.ts';

type Connection = ReadableStreamDefaultController<Uint8Array>;

/** A stream on a server that does what the test says. */
function startStream() {
  const clock = createManualClock();
  const asked: (string | undefined)[] = [];
  const connections: Connection[] = [];
  const states: LiveState[] = [];
  const events: string[] = [];
  const refusals: string[] = [];
  let fault: Error | undefined;
  const stream = openLiveStream({
    connect: async (lastEventId, signal) => {
      asked.push(lastEventId);
      if (fault !== undefined) throw fault;
      return new ReadableStream<Uint8Array>({
        start(connection) {
          connections.push(connection);
          signal.addEventListener('abort', () => connection.error(signal.reason));
        },
      });
    },
    onEvent: ({ data }) => events.push(data),
    onState: (state) => states.push(state),
    onRefused: ({ code }) => refusals.push(code),
    clock,
    random: () => 1,
  });
  return {
    ...{ stream, clock, asked, states, events, refusals },
    send: (text: string) => connections.at(-1)?.enqueue(new TextEncoder().encode(text)),
    cut: () => connections.at(-1)?.close(),
    failWith: (error: Error | undefined) => {
      fault = error;
    },
    kinds: () => states.map(({ kind }) => kind),
    settle: () => clock.advance(0),
  };
}

test('a stream that is cut is stale since then, and opened again after the event that came last', async () => {
  const { stream, clock, send, cut, asked, events, states, kinds, settle } = startStream();
  stream.resume();
  await settle();
  send('id: 7\ndata: one\n\n');
  await settle();

  cut();
  await settle();
  const cutAt = clock.now();
  await clock.advance(1_000);

  expect(events).toEqual(['one']);
  expect(kinds()).toEqual(['connecting', 'live', 'stale', 'live']);
  expect(states[2]).toEqual({ kind: 'stale', since: new Date(cutAt) });
  expect(asked).toEqual([undefined, '7']);
});

test('a server that stays away is asked less and less often, and the stream is stale since it was cut first', async () => {
  const { stream, clock, failWith, asked, states, settle } = startStream();
  failWith(new ApiError('UNREACHABLE', 'away'));
  const start = clock.now();
  stream.resume();
  await settle();

  await clock.advance(1_000 + 2_000 + 4_000 + 8_000 + 15_000);

  expect(asked.length).toBe(6);
  expect(states.filter(({ kind }) => kind === 'stale')).toEqual(
    Array.from({ length: 6 }, () => ({ kind: 'stale', since: new Date(start) })),
  );
});

test('a connection that says nothing is given up, one that sends comments is not', async () => {
  const { stream, clock, send, asked, settle } = startStream();
  stream.resume();
  await settle();
  await clock.advance(30_000);
  send(': here\n\n');
  await settle();
  await clock.advance(30_000);
  const askedWithComments = asked.length;

  await clock.advance(11_000);
  await clock.advance(1_000);

  expect(askedWithComments).toBe(1);
  expect(asked.length).toBe(2);
});

test('a paused stream has no connection and goes on where it was', async () => {
  const { stream, clock, send, asked, kinds, settle } = startStream();
  stream.resume();
  await settle();
  send('id: 3\ndata: x\n\n');
  await settle();

  stream.pause();
  await clock.advance(600_000);
  const whilePaused = asked.length;
  stream.resume();
  await settle();

  expect(whilePaused).toBe(1);
  expect(asked).toEqual([undefined, '3']);
  expect(kinds()).toEqual(['connecting', 'live', 'paused', 'connecting', 'live']);
});

test('a refusal is reported; a stream that was stopped is opened no more', async () => {
  const { stream, clock, failWith, asked, refusals, settle } = startStream();
  failWith(new ApiError('UNAUTHENTICATED', 'sign in'));
  stream.resume();
  await settle();

  stream.stop();
  await clock.advance(60_000);

  expect(refusals).toEqual(['UNAUTHENTICATED']);
  expect(asked.length).toBe(1);
});
