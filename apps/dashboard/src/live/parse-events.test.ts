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
  for await (const event of parseEvents(body, () => {
    beats += 1;
  }))
    events.push(event);
  return { events, beats };
}

test('an event has a name, data over several lines, and the id of the stream', async () => {
  const { events } = await parse(['id: 7\nevent: jobs\ndata: {"a":\ndata: 1}\n\ndata:x\n\n']);

  expect(events).toEqual([
    { name: 'jobs', data: '{"a":\n1}', id: '7' },
    { name: 'message', data: 'x', id: '7' },
  ]);
});

test('it makes no difference where the text is cut', async () => {
  const bytes = new TextEncoder().encode('event: overview\r\ndata: grün\r\n\r\n');

  const { events } = await parse([...bytes].map((byte) => Uint8Array.of(byte)));

  expect(events).toEqual([{ name: 'overview', data: 'grün', id: undefined }]);
});

test('a comment is no event, but a beat; an event without its blank line has not arrived', async () => {
  const { events, beats } = await parse([': here\n\n', 'data: cut off\n']);

  expect(events).toEqual([]);
  expect(beats).toBe(2);
});
