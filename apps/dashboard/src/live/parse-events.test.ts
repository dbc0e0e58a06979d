import { expect, test } from 'vitest';
import { parseEvents, type ServerEvent } from './parse-events.ts';

async function parse(pieces: readonly (string | Uint8Array)[]) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  let beats = 0;
  const events: ServerEvent[] = [];
  const ids: string[] = [];
  const onBeat = () => {
    beats += 1;
  };
  for await (const event of parseEvents(body, { onBeat, onId: (id) => ids.push(id) })) events.push(event);
  return { events, beats, ids };
}

test('an event has a name and data over several lines', async () => {
  const { events, ids } = await parse(['id: 7\nevent: jobs\ndata: {"a":\ndata: 1}\n\ndata:x\n\n']);

  expect(events).toEqual([
    { name: 'jobs', data: '{"a":\n1}' },
    { name: 'message', data: 'x' },
  ]);
  expect(ids).toEqual(['7']);
});

test('it makes no difference where the text is cut', async () => {
  const bytes = new TextEncoder().encode('event: overview\r\ndata: grün\r\n\r\n');

  const { events } = await parse([...bytes].map((byte) => Uint8Array.of(byte)));

  expect(events).toEqual([{ name: 'overview', data: 'grün' }]);
});

test('a comment with an id is no event, but a beat; an event without its blank line has not arrived', async () => {
  const { events, beats, ids } = await parse([':\nid: 8\n\n', 'id: 9\ndata: cut off\n']);

  expect(events).toEqual([]);
  expect(beats).toBe(2);
  expect(ids).toEqual(['8']);
});
