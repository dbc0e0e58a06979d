import type { ServerIdentity } from '../connection/amqp.ts';
import type { Names } from '../topology/names.ts';
import type { ManagementApi } from './management.ts';
import {
  type Alarm,
  bindingKey,
  type ClusterNode,
  type Described,
  type Picture,
  type Policy,
  type Rights,
  type Seen,
  sightKey,
} from './picture.ts';

/** The part of a picture that only the management API shows. */
export type ManagementView = Pick<
  Picture,
  'bindings' | 'policies' | 'alarms' | 'nodes' | 'flags' | 'rights' | 'described'
>;

/** Whose view, and of what. */
export interface ViewOptions {
  readonly vhost: string;
  readonly user: string;
  readonly server: ServerIdentity;
  readonly names: Names;
}

/** Looks, each thing on its own: a user may be shown some and not others. Never rejects. */
export async function viewManagement(api: ManagementApi, options: ViewOptions): Promise<ManagementView> {
  const same = await api.read('/overview', (body) => checkIdentity(body, options.server));
  if (!same.known) return blind(same.why);
  const vhost = encodeURIComponent(options.vhost);
  // In pages: lists of all queues are dear, and the most that a page holds is 500.
  const ours = `page_size=500&name=${encodeURIComponent(`^${options.names.namespace}\\.`)}&use_regex=true`;
  const [bindings, own, operators, alarms, nodes, flags, rights, queues, exchanges] = await Promise.all([
    api.read(`/bindings/${vhost}`, toBindings),
    api.read(`/policies/${vhost}`, (body) => toPolicies(body, false)),
    api.read(`/operator-policies/${vhost}`, (body) => toPolicies(body, true)),
    // Nodes tell their alarms too, but up to five seconds late.
    api.read('/health/checks/alarms', toAlarms),
    api.read('/nodes?columns=name,running,partitions', toNodes),
    api.read('/feature-flags', toFlags),
    api.read(`/permissions/${vhost}/${encodeURIComponent(options.user)}`, toRights),
    readPages(api, `/queues/${vhost}?${ours}&columns=name,type,durable,arguments,members,online`, 'queue'),
    readPages(api, `/exchanges/${vhost}?${ours}&columns=name,type,durable,arguments`, 'exchange'),
  ]);
  const described = both(queues, exchanges, (one, other) => new Map([...one, ...other]));
  return {
    bindings,
    policies: both(own, operators, (one, other) => [...one, ...other]),
    alarms,
    nodes,
    flags,
    rights,
    described,
  };
}

function blind(why: string): ManagementView {
  const unseen = { known: false, why } as const;
  return {
    bindings: unseen,
    policies: unseen,
    alarms: unseen,
    nodes: unseen,
    flags: unseen,
    rights: unseen,
    described: unseen,
  };
}

/** Behind a guessed address, there may be another broker. */
function checkIdentity(body: unknown, { clusterName, version }: ServerIdentity): void {
  const { cluster_name: otherName, rabbitmq_version: otherVersion } = toRecord(body);
  if (otherName !== clusterName || otherVersion !== version)
    throw new Error(
      `it belongs to another broker: ${otherName} ${otherVersion}, and not ${clusterName} ${version}`,
    );
}

async function readPages(
  api: ManagementApi,
  path: string,
  kind: 'queue' | 'exchange',
): Promise<Seen<ReadonlyMap<string, Described>>> {
  const found = new Map<string, Described>();
  for (let page = 1, last = 1; page <= last; page += 1) {
    const answer = await api.read(`${path}&page=${page}`, (body) => {
      const { items, page_count: pageCount } = toRecord(body);
      return { items: toRecords(items).map((item) => toDescribed(item, kind)), pageCount: Number(pageCount) };
    });
    if (!answer.known) return answer;
    for (const [key, described] of answer.value.items) found.set(key, described);
    last = answer.value.pageCount;
  }
  return { known: true, value: found };
}

function toDescribed(item: Fields, kind: 'queue' | 'exchange'): readonly [string, Described] {
  const { name, type, durable, arguments: args, members, online } = item;
  return [
    sightKey({ kind, name: String(name) }),
    {
      // Before 3.12, a stream or classic queue that is not running may come without its type.
      type: String(type ?? toRecord(args)['x-queue-type'] ?? 'classic'),
      isDurable: durable === true,
      arguments: toRecord(args),
      members: toTexts(members),
      online: toTexts(online),
    },
  ];
}

function toBindings(body: unknown): ReadonlySet<string> {
  return new Set(
    toRecords(body).map(({ source, routing_key: key, destination, destination_type: toKind }) =>
      bindingKey({ from: String(source), key: String(key), to: String(destination), toKind: String(toKind) }),
    ),
  );
}

function toPolicies(body: unknown, isOperators: boolean): readonly Policy[] {
  return toRecords(body).map(({ name, pattern, 'apply-to': appliesTo, priority, definition }) => ({
    name: String(name),
    isOperators,
    pattern: String(pattern),
    appliesTo: String(appliesTo),
    priority: Number(priority),
    definition: toRecord(definition),
  }));
}

function toAlarms(body: unknown): readonly Alarm[] {
  const { status, alarms } = toRecord(body);
  if (status === 'ok') return [];
  return toRecords(alarms).map(({ node, resource }) => ({ node: String(node), resource: String(resource) }));
}

/** A node that does not run has nothing but its name; one that has just started, too. */
function toNodes(body: unknown): readonly ClusterNode[] {
  return toRecords(body).map(({ name, running, partitions }) => {
    const isRunning = running === true;
    if (isRunning && !Array.isArray(partitions)) throw new Error('it does not know its nodes yet');
    return { name: String(name), isRunning, partitions: toTexts(partitions) };
  });
}

function toFlags(body: unknown): ReadonlySet<string> {
  const enabled = toRecords(body).filter(({ state }) => state === 'enabled');
  return new Set(enabled.map(({ name }) => String(name)));
}

function toRights(body: unknown): Rights {
  const { configure, write, read } = toRecord(body);
  return { configure: String(configure), write: String(write), read: String(read) };
}

type Fields = Readonly<Record<string, unknown>>;

function toRecord(value: unknown): Fields {
  if (typeof value !== 'object' || value === null)
    throw new Error('it answered something else than expected');
  return value as Fields;
}

function toRecords(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) throw new Error('it answered something else than expected');
  return value.map(toRecord);
}

function toTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function both<One, Other, Value>(
  one: Seen<One>,
  other: Seen<Other>,
  join: (one: One, other: Other) => Value,
): Seen<Value> {
  if (!one.known) return one;
  return other.known ? { known: true, value: join(one.value, other.value) } : other;
}
