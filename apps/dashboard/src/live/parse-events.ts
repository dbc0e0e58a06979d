/** A message of a stream of server-sent events. */
export interface ServerEvent {
  /** Name of the event; `message` when the server gave none. */
  readonly name: string;
  readonly data: string;
}

/** What a stream says besides its events. */
export interface StreamSigns {
  /** Called for every piece of text, comments among them: the connection is there. */
  readonly onBeat: () => void;
  /** Called with the id that a new connection starts after, also where it comes without an event. */
  readonly onId: (id: string) => void;
}

/** Reads server-sent events out of text that comes in pieces (HTML Standard, 9.2.6). */
export async function* parseEvents(
  body: ReadableStream<Uint8Array>,
  { onBeat, onId }: StreamSigns,
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
        if (data.length > 0) yield { name: name === '' ? 'message' : name, data: data.join('\n') };
        if (id !== undefined) onId(id);
        id = undefined;
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
