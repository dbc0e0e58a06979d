import {
  type Clock,
  type Command,
  createQuestions,
  type JobEvent,
  knownEvents,
  LeveretError,
  type LiveChannel,
  type Logger,
  newId,
  parseCommand,
  type Random,
  readEventList,
  type Subscription,
  withDeadline,
} from '@leveret/core';
import { TRANSIENT } from '../codec/sending.ts';
import type { Connection } from '../connection/connection.ts';
import type { ResilientSubscription } from '../consume/subscription.ts';
import { createPassage } from '../publish/passage.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Names } from '../topology/names.ts';
import type { Topology } from '../topology/topology.ts';
import { createAddressedTexts } from './addressed-texts.ts';
import { createLiveListening } from './live-listening.ts';

/** How long a command may take to be confirmed, in milliseconds. */
const BROADCAST_MS = 2_000;

/** What the live channel works with. */
export interface LiveChannelOptions {
  /** The connection to listen on. */
  readonly connection: Connection;
  readonly publisher: Publisher;
  /** The connection that the publisher uses. */
  readonly publishing: Pick<Connection, 'current'>;
  readonly topology: Topology;
  readonly names: Names;
  /** Starts a subscription, and closes it with the broker. */
  readonly start: (subscription: ResilientSubscription) => Promise<Subscription>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Creates the live channel. */
export function createLiveChannel(options: LiveChannelOptions): LiveChannel {
  const { connection, publisher, publishing, topology, names, start, clock, random, logger } = options;
  const shared = { connection, clock, random, logger, forget: () => topology.forget() };
  const encoder = new TextEncoder();
  const { ask, answer } = createQuestions({
    texts: createAddressedTexts({ connection, publisher, names, start, clock, random, logger }),
    newId: () => newId(clock, random),
    clock,
    logger,
  });

  return {
    ask,
    answer,
    followEvents: (listener) =>
      start(
        createLiveListening({
          ...shared,
          listener,
          exchange: names.eventsExchange,
          ensure: topology.ensureBase,
          parse: (body) => readKnown(body.toString()),
        }),
      ),
    async broadcast(command) {
      const messageId = newId(clock, random);
      const passage = createPassage({
        publisher,
        async prepare() {
          await topology.ensureBase(publishing.current());
          return {
            exchange: names.controlExchange,
            routingKey: '',
            body: encoder.encode(JSON.stringify(command)),
            // Not mandatory: there may be nobody to be told.
            properties: { messageId, contentType: 'application/json', deliveryMode: TRANSIENT },
          };
        },
        repair: () => topology.repair(publishing),
      });
      const late = () =>
        new LeveretError('BROKER_UNAVAILABLE', 'the broker did not confirm a command in time');
      await withDeadline(clock, BROADCAST_MS, passage.confirmed(), late);
    },
    onCommand: (listener) =>
      start(
        createLiveListening<Command>({
          ...shared,
          listener,
          exchange: names.controlExchange,
          ensure: topology.ensureBase,
          parse: (body) => parseCommand(body.toString()),
        }),
      ),
  };
}

function readKnown(list: string): readonly JobEvent[] | undefined {
  const events = knownEvents(readEventList(list));
  return events.length > 0 ? events : undefined;
}
