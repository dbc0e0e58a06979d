import { type Listener, type Logger, messageOf, type Subscription } from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import type { Topic } from '../operations/signal-operations.ts';
import type { Poller } from '../poller.ts';

/** How somebody listens. */
export interface LiveListeningOptions<T> {
  readonly topic: Topic;
  readonly listener: Listener<T>;
  /** Undefined when there is nothing in it to be told; may throw. */
  readonly parse: (body: string) => T | undefined;
  readonly database: SqliteDatabase;
  readonly poller: Poller;
  readonly logger: Logger;
}

/** Somebody who listens, until stopped. */
export interface LiveListening extends Subscription {
  /** Looks whether there is something to be told. */
  look(): void;
}

/** Begins to listen: resolves when everything that is told from now on is going to be heard. */
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
        logger.warn({ topic, error: messageOf(error) }, 'cannot read what was told: will try again'),
      )
      .finally(() => {
        reading = undefined;
      });
  }

  async function readAll(): Promise<void> {
    while (lookAgain && !stopped) {
      lookAgain = false;
      const { upTo, bodies, hasGap } = await database.call('readSignals', topic, heard);
      if (hasGap) tell(listener.onGap);
      for (const body of bodies) tell(() => tellParsed(body));
      if (upTo > heard) lookAgain = true;
      heard = upTo;
    }
  }

  function tellParsed(body: string): void {
    const told = parse(body);
    if (told !== undefined) listener.onTold(told);
  }

  function tell(step: () => void): void {
    if (stopped) return;
    try {
      step();
    } catch (error) {
      logger.error({ topic, error: messageOf(error) }, 'a listener has failed: it is told the next thing');
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
