import { type Clock, DEFAULT_NAMESPACE, requireQueueNames, systemClock } from '@leveret/core';
import { type AmqpConnection, connectAmqp } from '../connection/amqp.ts';
import { ACCESS_REFUSED, replyCode, toBrokerError } from '../connection/amqp-errors.ts';
import { adoptLedger } from '../events/ledger-claim.ts';
import { declareParts, mayNotDeclare } from '../topology/declarations.ts';
import { baseParts, describeEntity, type Entity, type Part, queuePart } from '../topology/entities.ts';
import { createNames, type Names } from '../topology/names.ts';
import type { Finding } from './checks.ts';
import { judge } from './judge.ts';
import { lookFor, tryPublishing } from './look-amqp.ts';
import { type ManagementView, viewManagement } from './look-management.ts';
import { addressOf, createManagementApi } from './management.ts';
import { bindingKey, type JobTimeout, type Picture, type Publishing, sightKey } from './picture.ts';

/** Looks at a broker, and declares what is missing there. Looking and declaring delete nothing, and change nothing that exists. */
export interface RabbitmqDoctor {
  /** Everything that there is to say. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
  examine(): Promise<readonly Finding[]>;
  /**
   * Declares what is missing; where bindings cannot be seen, all of them. Leaves alone what exists otherwise.
   *
   * @returns What was missing, in words; bindings only where they can be seen.
   * @throws {LeveretError} `BROKER_REFUSED` without the permission to declare, `BROKER_UNAVAILABLE`.
   */
  declareMissing(): Promise<readonly string[]>;
  /**
   * Has the events of the namespace recorded by this ledger from now on, also where another one has recorded them: first stop every
   * process that records. What the other ledger knows stays there.
   *
   * @throws {LeveretError} `BROKER_REFUSED` without the permission to declare and delete, `BROKER_UNAVAILABLE`.
   */
  adoptLedger(ledgerId: string): Promise<void>;
  /** Disconnects. Never rejects. */
  close(): Promise<void>;
}

/** What the doctor works with. */
export interface RabbitmqDoctorOptions {
  /** `amqp://` or `amqps://` URLs of the nodes of one cluster, virtual host included; the first that answers is used. */
  readonly urls: readonly string[];
  /** As of the broker; `leveret` when absent. */
  readonly namespace?: string;
  /** Where the management API is, when not at its usual port of the same host. */
  readonly managementUrl?: string;
  /** Queues of jobs to look at; else those that the management API shows; else those of `jobs`. */
  readonly queues?: readonly string[];
  readonly jobs: readonly JobTimeout[];
  readonly clock?: Clock;
}

/**
 * Connects.
 *
 * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_REFUSED`.
 * @throws {RangeError} when the name of a queue, or the namespace, is none.
 */
export async function openRabbitmqDoctor(options: RabbitmqDoctorOptions): Promise<RabbitmqDoctor> {
  const { namespace = DEFAULT_NAMESPACE, clock = systemClock } = options;
  const names = createNames(namespace);
  requireQueueNames(options.queues ?? []);
  const { connection, url } = await connectToAny(options.urls, clock);
  const api = createManagementApi(addressOf(url, options.managementUrl), clock);
  const { user, vhost } = partiesOf(url);
  const { server } = connection;

  async function look(): Promise<Omit<Picture, 'publishing'>> {
    const view = await viewManagement(api, { vhost, user, server, names });
    const queueNames = options.queues ??
      queuesIn(names, view) ?? [...new Set(options.jobs.map(({ queue }) => queue))];
    const expected = [...baseParts(names), ...queueNames.map((queue) => queuePart(names, queue))];
    const sights = await lookFor(connection, expected);
    return { server, vhost, user, names, expected, queueNames, jobs: options.jobs, sights, ...view };
  }

  async function publish(): Promise<Publishing> {
    const own = await connectAmqp(url, { name: 'leveret doctor', clock });
    try {
      return await tryPublishing(own, clock);
    } finally {
      await own.close();
    }
  }

  return {
    async examine() {
      const [seen, publishing] = [await look(), await publish()];
      return judge({ ...seen, publishing });
    },
    async declareMissing() {
      const seen = await look();
      const isThere = (entity: Entity) => isSeen(entity, seen);
      const missing = seen.expected.map(({ title, entities }) => ({
        title,
        entities: entities.filter((entity) => !isThere(entity)),
      }));
      await declare(
        names,
        connection,
        missing.filter(({ entities }) => entities.length > 0),
      );
      return missing
        .flatMap(({ entities }) => entities)
        .filter(({ kind }) => kind !== 'binding' || seen.bindings.known)
        .map(describeEntity);
    },
    adoptLedger: (ledgerId) => adoptLedger(connection, names, ledgerId),
    close: () => connection.close(),
  };
}

async function connectToAny(urls: readonly string[], clock: Clock) {
  let failure: unknown = new RangeError('name at least one URL');
  for (const url of urls) {
    try {
      return { connection: await connectAmqp(url, { name: 'leveret doctor', clock }), url };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** As amqplib reads a URL. */
function partiesOf(url: string): { readonly user: string; readonly vhost: string } {
  const { username, pathname } = new URL(url);
  return {
    user: decodeURIComponent(username || 'guest'),
    vhost: decodeURIComponent(pathname.replace(/^\//, '')) || '/',
  };
}

/** Queues of which anything is there. */
function queuesIn(names: Names, { described }: ManagementView): readonly string[] | undefined {
  if (!described.known) return undefined;
  const found = [...described.value.keys()].flatMap((key) => {
    const name = key.replace(/^queue /, '');
    return names.queueOf(name) ?? [];
  });
  return [...new Set(found)].sort();
}

/** What is there, and what cannot be seen for want of a permission, is not declared; bindings that nobody shows are. */
function isSeen(entity: Entity, { sights, bindings }: Pick<Picture, 'sights' | 'bindings'>): boolean {
  if (entity.kind === 'binding') return bindings.known && bindings.value.has(bindingKey(entity));
  return sights.get(sightKey(entity))?.state !== 'missing';
}

async function declare(names: Names, connection: AmqpConnection, parts: readonly Part[]): Promise<void> {
  const channel = await connection.openChannel();
  try {
    await declareParts(channel, parts);
  } catch (error) {
    if (replyCode(error) !== ACCESS_REFUSED) throw toBrokerError(error);
    throw mayNotDeclare(
      names,
      parts.flatMap(({ entities }) => entities.map(describeEntity)),
      error,
    );
  } finally {
    await channel.close();
  }
}
