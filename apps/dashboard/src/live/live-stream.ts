import type { Cancel, Clock, Random } from '@leveret/core';
import { ApiError } from '../api/transport/api-error.ts';
import { parseEvents, type ServerEvent } from './parse-events.ts';

/** How a stream is doing. */
export type LiveState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** The tab is hidden. */
  | { readonly kind: 'paused' }
  /** Cut since then; it is opened again and again. */
  | { readonly kind: 'stale'; readonly since: Date };

/** What a stream needs. */
export interface LiveStreamOptions {
  /** Opens a connection that begins after an event; undefined: that begins now. Rejects with `ApiError` when it is refused. */
  readonly connect: (
    lastEventId: string | undefined,
    signal: AbortSignal,
  ) => Promise<ReadableStream<Uint8Array>>;
  readonly onEvent: (event: ServerEvent) => void;
  readonly onState: (state: LiveState) => void;
  /** Called when the server refuses the stream for a reason that waiting does not mend, such as an ended session. */
  readonly onRefused: (error: ApiError) => void;
  readonly clock: Clock;
  readonly random: Random;
}

/** A stream of server-sent events that is kept open. */
export interface LiveStream {
  /** Closes the connection while the tab is hidden; {@link LiveStream.resume} goes on after the last event that came. */
  pause(): void;
  resume(): void;
  /** Ends it. Safe to call twice. */
  stop(): void;
}

/** A connection that says nothing for so long is taken for dead, in milliseconds: servers send a comment every 15 s. */
const SILENCE_MS = 40_000;
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 15_000;

/** Opens a stream and opens it again when it ends, with `Last-Event-ID` and growing delays. It begins paused: call `resume`. */
export function openLiveStream(options: LiveStreamOptions): LiveStream {
  const { connect, onEvent, onState, onRefused, clock, random } = options;
  let connection: AbortController | undefined;
  let cancelRetry: Cancel | undefined;
  let lastEventId: string | undefined;
  let failures = 0;
  let staleSince: Date | undefined;

  async function listen(own: AbortController): Promise<void> {
    let cancelSilence: Cancel | undefined;
    const onBeat = () => {
      cancelSilence?.();
      cancelSilence = clock.schedule(SILENCE_MS, () => own.abort());
    };
    try {
      onBeat();
      const body = await connect(lastEventId, own.signal);
      failures = 0;
      staleSince = undefined;
      onState({ kind: 'live' });
      const onId = (id: string) => {
        lastEventId = id;
      };
      for await (const event of parseEvents(body, { onBeat, onId })) {
        if (connection !== own) return;
        onEvent(event);
      }
    } finally {
      cancelSilence?.();
    }
  }

  function retry(): void {
    connection = undefined;
    staleSince ??= new Date(clock.now());
    onState({ kind: 'stale', since: staleSince });
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** failures, MAX_DELAY_MS);
    failures += 1;
    cancelRetry = clock.schedule(delayMs * (0.5 + random() / 2), start);
  }

  function start(): void {
    cancelRetry = undefined;
    const own = new AbortController();
    connection = own;
    const onEnd = () => {
      if (connection === own) retry();
    };
    listen(own).then(onEnd, (error: unknown) => {
      if (error instanceof ApiError && isRefusal(error)) onRefused(error);
      onEnd();
    });
  }

  function close(): void {
    cancelRetry?.();
    cancelRetry = undefined;
    const own = connection;
    connection = undefined;
    own?.abort();
  }

  return {
    pause() {
      close();
      failures = 0;
      onState({ kind: 'paused' });
    },
    resume() {
      if (connection !== undefined || cancelRetry !== undefined) return;
      if (staleSince === undefined) onState({ kind: 'connecting' });
      start();
    },
    stop: close,
  };
}

function isRefusal({ code }: ApiError): boolean {
  return code === 'UNAUTHENTICATED' || code === 'FORBIDDEN';
}
