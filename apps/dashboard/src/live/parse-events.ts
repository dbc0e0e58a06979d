/** A message of a stream of server-sent events. */
export interface ServerEvent {
  /** Name of the event; `message` when the server gave none. */
  readonly name: string;
  readonly data: string;
  /** The last id that the stream has sent: what a new connection starts after. */
  readonly id: string | undefined;
}

/**
 * Reads server-sent events out of text that comes in pieces (HTML Standard, 9.2.6). `onBeat` is called for every piece, comments among them: they say
 * that the connection is there.
 */
export async function* parseEvents(
  body: ReadableStream<Uint8Array>,
  onBeat: () => void,
): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let name = '';
  let data: string[] = [];
  let id: string | undefined;

  for await (const piece of readPieces(body)) {
    onBeat();
    const lines = (rest + decoder.decode(piece, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { name: name === '' ? 'message' : name, data: data.join('\n'), id };
        name = '';
        data = [];
        continue;
      }
      const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id' && !value.includes('\0')) id = value;
    }
  }
}

/** Not every browser can iterate over a stream. */
async function* readPieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
