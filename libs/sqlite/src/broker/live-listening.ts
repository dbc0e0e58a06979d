import { type Listener, type Logger, messageOf, type Subscription } from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import type { Topic } from '../operations/signal-operations.ts';
import type { Poller } from '../poller.ts';

/** What a listener works with. */
export interface LiveListeningOptions<T> {
  readonly topic: Topic;
  readonly listener: Listener<T>;
  /** Undefined when the signal has nothing for the listener; may throw. */
  readonly parse: (body: string) => T | undefined;
  readonly database: SqliteDatabase;
  readonly poller: Poller;
  readonly logger: Logger;
}

/** A listener, until stopped. */
export interface LiveListening extends Subscription {
  /** Looks for new signals. */
  look(): void;
}

/** Starts to listen: resolves when every signal that is sent from now on will be received. */
export async function startLiveListening<T>(options: LiveListeningOptions<T>): Promise<LiveListening> {
  const { topic, listener, parse, database, poller, logger } = options;
  const holder = database.nextHolder();
  let heard = await database.call('listen', topic, holder);
  let reading: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  let lookAgain = false;
  let stopped = false;
  const leave = poller.add({ isDue: ({ lastSignal }) => lastSignal > heard, onWork: look });

  function look(): void {
    if (stopped) return;
    lookAgain = true;
    reading ??= readAll()
      .catch((error: unknown) =>
        logger.warn({ topic, error: messageOf(error) }, 'cannot read new signals: will try again'),
      )
      .finally(() => {
        reading = undefined;
      });
  }

  async function readAll(): Promise<void> {
    while (lookAgain && !stopped) {
      lookAgain = false;
      const { upTo, bodies, hasGap } = await database.call('readSignals', topic, heard);
      if (hasGap) notify(listener.onGap);
      for (const body of bodies) notify(() => receive(body));
      if (upTo > heard) lookAgain = true;
      heard = upTo;
    }
  }

  function receive(body: string): void {
    const received = parse(body);
    if (received !== undefined) listener.onReceived(received);
  }

  function notify(step: () => void): void {
    if (stopped) return;
    try {
      step();
    } catch (error) {
      logger.error({ topic, error: messageOf(error) }, 'a listener has failed: it receives the next item');
    }
  }

  async function stop(): Promise<void> {
    stopped = true;
    leave();
    await reading;
    await database.call('unlisten', holder);
  }

  return {
    look,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
