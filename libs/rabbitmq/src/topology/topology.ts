import { type Clock, LeveretError, sleep } from '@leveret/core';
import type { AmqpChannel, AmqpConnection } from '../connection/amqp.ts';
import { ACCESS_REFUSED, NOT_FOUND, replyCode, toBrokerError } from '../connection/amqp-errors.ts';
import type { Connection } from '../connection/connection.ts';
import { checkMarker, declareParts, mayNotDeclare } from './declarations.ts';
import { baseParts, type Part, queuePart } from './entities.ts';
import type { Names } from './names.ts';
import { findMissing } from './passive-check.ts';

/**
 * Declares what Leveret keeps in the broker, on the connection that is going to use it: another connection may lead to another
 * node, or to a server that was set up anew. Free for what is known on that connection.
 * Without the permission to declare, it looks whether everything is there.
 * Its methods throw {@link LeveretError} `TOPOLOGY_MISMATCH` for something that exists otherwise, `BROKER_REFUSED` for something
 * that is missing and may not be declared, and `BROKER_UNAVAILABLE`, also when there is no connection.
 */
export interface Topology {
  /** Makes sure that everything but queues of jobs is there. */
  ensureBase(connection: AmqpConnection | undefined): Promise<void>;
  /** Declares the queue, and its dead letters' queue, for a process that starts. From now on it is one of this process's queues. */
  declareQueue(connection: AmqpConnection | undefined, queue: string): Promise<void>;
  /** Whether {@link ensureQueue} has nothing to do. */
  hasQueue(connection: AmqpConnection | undefined, queue: string): boolean;
  /**
   * Makes sure that a message can be published to the queue. One of this process's queues is declared again where it is missing.
   * Any other is looked for and never declared: a killed broker can forget a quorum queue of a few seconds, with all its messages.
   *
   * @throws {LeveretError} `BROKER_UNROUTABLE` when it is not there.
   */
  ensureQueue(connection: AmqpConnection | undefined, queue: string): Promise<void>;
  /** Something was not there after all: the base, and `queue` if it is named, are made sure of again when next needed. */
  forget(queue?: string): void;
  /** Declares again what was not there after all, a moment later. Many messages are returned at once: calls at the same time are one. */
  repair(connection: Pick<Connection, 'current'>, queue?: string): Promise<void>;
}

/**
 * Pause before a queue that is gone is declared again, in milliseconds. The broker forgets consumers of a queue that is there
 * again within about 20 ms: they are never told that theirs is gone, and what the new one gives them is given to nobody.
 */
const REPAIR_PAUSE_MS = 250;

type Work = (connection: AmqpConnection) => Promise<void>;

/** A part on one connection. */
interface Declaration {
  readonly done: Promise<void>;
  isDone: boolean;
}

/** What does not belong to one queue. */
const BASE = 'base';

/** Creates the topology of one namespace in one virtual host. */
export function createTopology(clock: Clock, names: Names): Topology {
  /** For each part, on which connections it was declared. */
  const known = new Map<string, WeakMap<AmqpConnection, Declaration>>();
  /** What this process has declared. */
  const ownQueues = new Set<string>();
  const repairs = new Map<string, Promise<void>>();
  /** Whether the base has been declared here: then the marker tells whether that still holds. */
  let hasDeclaredBase = false;

  function once(connection: AmqpConnection | undefined, part: string, work: Work): Promise<void> {
    if (connection === undefined)
      return Promise.reject(new LeveretError('BROKER_UNAVAILABLE', 'there is no connection to the broker'));
    const onConnections = known.get(part) ?? new WeakMap<AmqpConnection, Declaration>();
    known.set(part, onConnections);
    const before = onConnections.get(connection);
    if (before !== undefined) return before.done;
    const declaration: Declaration = { done: work(connection), isDone: false };
    onConnections.set(connection, declaration);
    declaration.done.then(
      () => {
        declaration.isDone = true;
      },
      () => onConnections.delete(connection),
    );
    return declaration.done;
  }

  function isDone(connection: AmqpConnection, part: string): boolean {
    return known.get(part)?.get(connection)?.isDone ?? false;
  }

  async function ensureBase(connection: AmqpConnection | undefined): Promise<void> {
    await once(connection, BASE, async (current) => {
      if (hasDeclaredBase && (await hasMarker(current, names))) return;
      await provide(names, current, baseParts(names));
    });
    hasDeclaredBase = true;
  }

  async function ensureQueue(connection: AmqpConnection | undefined, queue: string): Promise<void> {
    await ensureBase(connection);
    await once(connection, partOf(queue), (current) =>
      ownQueues.has(queue)
        ? provide(names, current, [queuePart(names, queue)])
        : requireQueue(names, current, queue),
    );
  }

  async function declareQueue(connection: AmqpConnection | undefined, queue: string): Promise<void> {
    // It may have been looked for before, and its bindings cannot be looked at.
    if (!ownQueues.has(queue)) known.delete(partOf(queue));
    ownQueues.add(queue);
    await ensureQueue(connection, queue);
  }

  function forget(queue?: string): void {
    known.delete(BASE);
    hasDeclaredBase = false;
    if (queue !== undefined) known.delete(partOf(queue));
  }

  async function declareAgain(connection: Pick<Connection, 'current'>, queue?: string): Promise<void> {
    await sleep(clock, REPAIR_PAUSE_MS);
    forget(queue);
    if (queue === undefined) await ensureBase(connection.current());
    else await ensureQueue(connection.current(), queue);
  }

  return {
    ensureBase,
    declareQueue,
    hasQueue: (connection, queue) =>
      connection !== undefined && isDone(connection, BASE) && isDone(connection, partOf(queue)),
    ensureQueue,
    forget,
    repair(connection, queue) {
      const part = queue === undefined ? BASE : partOf(queue);
      const repair = repairs.get(part) ?? declareAgain(connection, queue).finally(() => repairs.delete(part));
      repairs.set(part, repair);
      return repair;
    },
  };
}

function partOf(queue: string): string {
  return `queue ${queue}`;
}

/** Declares, or, for a user who may not, looks whether somebody else has. */
async function provide(names: Names, connection: AmqpConnection, parts: readonly Part[]): Promise<void> {
  try {
    await workOn(connection, (channel) => declareParts(channel, parts));
  } catch (refusal) {
    if (replyCode(refusal) !== ACCESS_REFUSED) throw refusal;
    const missing = await findMissing(connection, parts);
    if (missing.length > 0) throw mayNotDeclare(names, missing, refusal);
  }
}

/** @throws {LeveretError} `BROKER_UNROUTABLE` when the queue is not there. */
async function requireQueue(names: Names, connection: AmqpConnection, queue: string): Promise<void> {
  const missing = await findMissing(connection, [queuePart(names, queue)]);
  if (missing.length === 0) return;
  throw new LeveretError(
    'BROKER_UNROUTABLE',
    `there is no queue "${queue}" in the namespace "${names.namespace}": declare it when the process starts (broker.declare), start a worker of it, or run "leveret init --queue ${queue}"`,
    { details: { queue } },
  );
}

/** On a channel of its own: what is refused closes its channel. */
async function workOn(
  connection: AmqpConnection,
  work: (channel: AmqpChannel) => Promise<void>,
): Promise<void> {
  const channel = await connection.openChannel();
  try {
    await work(channel);
  } catch (error) {
    throw toBrokerError(error);
  } finally {
    await channel.close();
  }
}

/** The marker is declared last: while it is there, so is the rest. */
async function hasMarker(connection: AmqpConnection, names: Names): Promise<boolean> {
  try {
    await workOn(connection, (channel) => checkMarker(channel, names));
    return true;
  } catch (error) {
    if (replyCode(error) === NOT_FOUND) return false;
    throw error;
  }
}
