import type { Part } from '../topology/entities.ts';
import type { Names } from '../topology/names.ts';

/** What was seen of a broker. What could not be seen says why: nothing in a picture is guessed. */
export interface Picture {
  /** As the broker itself says when it is connected to. */
  readonly server: { readonly product: string; readonly version: string };
  readonly vhost: string;
  readonly names: Names;
  readonly user: string;
  /** What is to be there. */
  readonly expected: readonly Part[];
  /** Names of the queues of jobs that are looked at. */
  readonly queueNames: readonly string[];
  readonly jobs: readonly JobTimeout[];
  /** Of every exchange and queue that is expected, by {@link sightKey}. */
  readonly sights: ReadonlyMap<string, Sight>;
  /** What became of a message that leads nowhere. */
  readonly publishing: Publishing;
  /** Keys of all bindings, by {@link bindingKey}. */
  readonly bindings: Seen<ReadonlySet<string>>;
  readonly policies: Seen<readonly Policy[]>;
  /** The alarms that are in effect. */
  readonly alarms: Seen<readonly Alarm[]>;
  readonly nodes: Seen<readonly ClusterNode[]>;
  /** Names of the feature flags that are switched on. */
  readonly flags: Seen<ReadonlySet<string>>;
  /** Regular expressions of the user's permissions. */
  readonly rights: Seen<Rights>;
  /** Everything of Leveret that exists, by {@link sightKey}, as the management API describes it. */
  readonly described: Seen<ReadonlyMap<string, Described>>;
}

/** Something that can only be seen with the management API. */
export type Seen<Value> =
  | { readonly known: true; readonly value: Value }
  | { readonly known: false; readonly why: string };

/** How long one kind of job may take. */
export interface JobTimeout {
  readonly kind: string;
  readonly queue: string;
  readonly timeoutMs: number;
}

/** An exchange or queue, as AMQP shows it. The counts are those of a queue. */
export type Sight =
  | { readonly state: 'missing' }
  | { readonly state: 'unseen'; readonly why: string }
  | {
      readonly state: 'there';
      readonly messageCount: number;
      readonly consumerCount: number;
      readonly match: Match;
    };

/** Whether something has the arguments that it is to have: the broker compares them when it is declared again. */
export type Match =
  | { readonly state: 'same' }
  | { readonly state: 'other'; readonly said: string }
  | { readonly state: 'refused'; readonly said: string };

/** What the broker did with a message that leads nowhere. */
export type Publishing =
  | { readonly state: 'open' }
  | { readonly state: 'blocked'; readonly reason: string }
  | { readonly state: 'refused'; readonly said: string }
  | { readonly state: 'silent'; readonly afterMs: number }
  | { readonly state: 'unseen'; readonly why: string };

/** A policy; one of the operator has precedence. */
export interface Policy {
  readonly name: string;
  readonly isOperators: boolean;
  readonly pattern: string;
  readonly appliesTo: string;
  readonly priority: number;
  readonly definition: Readonly<Record<string, unknown>>;
}

/** A node that is short of something: the whole cluster takes no messages. */
export interface Alarm {
  readonly node: string;
  /** Such as `memory` or `disk`. */
  readonly resource: string;
}

/** A node of the cluster. */
export interface ClusterNode {
  readonly name: string;
  readonly isRunning: boolean;
  /** Nodes that it has lost sight of. */
  readonly partitions: readonly string[];
}

/** Regular expressions of names; an empty one allows nothing. */
export interface Rights {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** An exchange or queue, as the management API shows it. */
export interface Described {
  readonly type: string;
  readonly isDurable: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Nodes that have the quorum queue, and those of them that are online. */
  readonly members: readonly string[];
  readonly online: readonly string[];
}

/** Where an exchange or queue is found in a picture. */
export function sightKey({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind} ${name}`;
}

/** Where a binding is found in a picture. */
export function bindingKey(binding: {
  readonly from: string;
  readonly key: string;
  readonly to: string;
  readonly toKind: string;
}): string {
  return JSON.stringify([binding.from, binding.key, binding.toKind, binding.to]);
}
