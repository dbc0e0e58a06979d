import {
  type Clock,
  createQuestions,
  type JobEvent,
  knownEvents,
  type Listener,
  type LiveChannel,
  type Logger,
  newId,
  parseCommand,
  readEventList,
  type Subscription,
  systemRandom,
} from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import type { Topic } from '../operations/signal-operations.ts';
import type { Poller } from '../poller.ts';
import { unlessBroken } from './broker-failure.ts';
import { type LiveListening, startLiveListening } from './live-listening.ts';

/** What the live channel works with. */
export interface LiveChannelOptions {
  readonly database: SqliteDatabase;
  readonly poller: Poller;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @throws {LeveretError} when the broker is closed. */
  readonly refuseWhenClosed: () => void;
}

/** The live channel, as the broker that owns it sees it. */
export interface OwnedLiveChannel {
  readonly channel: LiveChannel;
  /** Listeners of this process need not wait until the poll finds what this process has told. */
  wake(): void;
  /** All who listen; each is to be stopped with the broker. */
  listenings(): readonly Subscription[];
}

/** Creates the live channel of one broker. */
export function createLiveChannel(options: LiveChannelOptions): OwnedLiveChannel {
  const { database, refuseWhenClosed, clock } = options;
  const listenings = new Set<LiveListening>();

  function wake(): void {
    for (const listening of listenings) listening.look();
  }

  async function listen<T>(
    topic: Topic,
    listener: Listener<T>,
    parse: (body: string) => T | undefined,
  ): Promise<Subscription> {
    refuseWhenClosed();
    const listening = await unlessBroken(startLiveListening({ ...options, topic, listener, parse }));
    listenings.add(listening);
    return {
      async stop() {
        await listening.stop();
        listenings.delete(listening);
      },
    };
  }

  const { ask, answer } = createQuestions({
    texts: {
      async tell(address, text) {
        refuseWhenClosed();
        const isHeard = await unlessBroken(database.call('tell', `ask:${address}`, text));
        wake();
        return isHeard;
      },
      listen: (address, onText) =>
        listen(`ask:${address}`, { onReceived: onText, onGap: () => undefined }, (body) => body),
    },
    newId: () => newId(clock, systemRandom),
    clock,
    logger: options.logger,
  });

  return {
    channel: {
      ask,
      answer,
      followEvents: (listener) => listen('events', listener, readKnown),
      async broadcast(command) {
        refuseWhenClosed();
        await unlessBroken(database.call('tell', 'commands', JSON.stringify(command)));
        wake();
      },
      onCommand: (listener) => listen('commands', listener, parseCommand),
    },
    wake,
    listenings: () => [...listenings],
  };
}

function readKnown(list: string): readonly JobEvent[] | undefined {
  const events = knownEvents(readEventList(list));
  return events.length > 0 ? events : undefined;
}
