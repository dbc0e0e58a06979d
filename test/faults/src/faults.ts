import { sleep, systemClock } from '@leveret/core';
import type { TcpProxy } from '@leveret/testing';
import type { ControlledNode, TestVhost } from '@leveret/testing/rabbitmq';
import type { Load } from './load.ts';
import { SHARE } from './rounds.ts';

/** Where a fault happens. */
export interface Scene {
  readonly node: ControlledNode;
  readonly proxy: TcpProxy;
  readonly vhost: TestVhost;
  readonly queue: string;
  readonly load: Load;
}

/** One thing that goes wrong. */
export interface Fault {
  readonly name: string;
  /** Has it happen; resolves as soon as the broker is able to serve again. */
  readonly provoke: (scene: Scene) => Promise<unknown>;
  /** What an operator does afterwards; resolves with how many jobs it was done for. */
  readonly mend?: (scene: Scene) => Promise<number>;
  /** What has to be so before anybody connects. */
  readonly prepare?: (node: ControlledNode) => Promise<unknown>;
  /** Heartbeat of the connections, in seconds. */
  readonly heartbeatS?: number;
  /** How long the client cannot know of it, in milliseconds. */
  readonly unseenMs?: number;
  /** Whether the broker says nothing while it lasts: what the client sends then may be lost with the connection much later. */
  readonly isSilent?: boolean;
  /** Whether the broker ends and is started again: what it delays then may come twice, for it moves such messages at least once. */
  readonly endsBroker?: boolean;
}

/**
 * How long after its declaration a quorum queue outlives `kill -9` of its only node, in milliseconds: Ra writes the queue's registration
 * to disk only when nobody has looked there for half a second. Before, the queue comes back empty and without a leader, and what was
 * confirmed is gone (seen on 3.10.8 half a second after declaring and, under load, two seconds after).
 */
export const QUEUES_KEPT_MS = 5_000;

/** How long an alarm lasts, in milliseconds. */
const ALARM_MS = Math.max(10_000 * SHARE, 3_000);
/** How often every connection is closed. */
const FLAPS = Math.round(500 * SHARE ** 2);
/** By how much a link is reset later than the time before. */
const STEP = SHARE < 1 ? 10 : 2;

const pass = (ms: number) => sleep(systemClock, ms);

/** Faults of the broker, and of what it holds. */
export const brokerFaults: readonly Fault[] = [
  {
    name: 'kill -9 of the broker',
    endsBroker: true,
    async provoke({ node }) {
      await pass(QUEUES_KEPT_MS);
      await node.kill();
      await node.start();
    },
  },
  {
    name: 'a clean restart of the broker',
    endsBroker: true,
    async provoke({ node }) {
      await node.stopServer();
      await node.start();
    },
  },
  {
    name: 'a broker that is frozen',
    isSilent: true,
    async provoke({ node }) {
      await node.freeze();
      await pass(Math.max(45_000 * SHARE, 12_000));
      await node.thaw();
    },
  },
  {
    name: 'a memory alarm',
    async provoke({ node }) {
      await node.control('set_vm_memory_high_watermark', '0.00001');
      await pass(ALARM_MS);
      await node.control('set_vm_memory_high_watermark', 'absolute', '1GB');
    },
  },
  {
    name: 'a disk alarm',
    async provoke({ node }) {
      await node.control('set_disk_free_limit', '1000GB');
      await pass(ALARM_MS);
      await node.control('set_disk_free_limit', '200MB');
    },
  },
  {
    name: `${FLAPS} times all connections closed by force`,
    provoke: ({ node }) => node.control('eval', closeAllConnections(FLAPS)),
  },
  {
    name: 'a consumer cancelled by the broker',
    provoke: ({ node, queue }) => node.control('eval', withConsumers(queue, SAY_CANCELLED)),
  },
  {
    name: 'a consumer forgotten by the broker without a word',
    provoke: ({ node, queue }) => node.control('eval', withConsumers(queue, FORGET)),
  },
  {
    name: 'a queue deleted under its consumer',
    async provoke({ node, vhost, queue, load }) {
      // What a deleted queue holds is gone with it: it is deleted when it holds nothing.
      await load.pause();
      await node.control('delete_queue', '--vhost', vhost.name, `leveret.q.${queue}`);
      load.resume();
    },
    // What was delayed before anybody could know that the queue was gone, and comes out of the wheel before it is there again, is kept: ADR 7.
    mend: ({ vhost, queue }) =>
      vhost.management.moveMessages(vhost.name, 'leveret.unroutable', `leveret.q.${queue}`),
  },
  {
    name: 'a consumer that takes longer than the broker allows',
    prepare: (node) => node.control('eval', consumerTimeout(2_000)),
    async provoke({ load, node }) {
      await load.keepOne();
      await node.control('eval', consumerTimeout(1_800_000));
    },
  },
  {
    name: 'bindings removed',
    async provoke({ vhost, queue }) {
      await vhost.management.deleteBindings(vhost.name, 'leveret.jobs', `leveret.q.${queue}`);
      // The way of what is delayed by as much as the load is.
      await vhost.management.deleteBindings(vhost.name, 'leveret.delay.in', 'leveret.delay.0.2');
    },
  },
];

/** Faults of the link: they do not touch the broker, and each has its own link. */
export const linkFaults: readonly Fault[] = [
  {
    name: 'a link that is cut',
    async provoke({ proxy }) {
      proxy.refuse(true);
      proxy.cut();
      await pass(Math.max(10_000 * SHARE, 3_000));
      proxy.refuse(false);
    },
  },
  {
    name: 'a link that swallows everything',
    isSilent: true,
    heartbeatS: 2,
    async provoke({ proxy }) {
      proxy.freeze();
      await pass(Math.max(30_000 * SHARE, 8_000));
      proxy.thaw();
    },
  },
  {
    name: 'a link half open',
    isSilent: true,
    heartbeatS: 2,
    // To whoever publishes, nothing but the missing heartbeats tells of it: at most three.
    unseenMs: 6_000,
    provoke: async ({ proxy }) => proxy.forsake(),
  },
  {
    name: 'a link reset after so many bytes',
    async provoke({ proxy }) {
      for (let bytes = 1; bytes <= 100_000; bytes *= STEP) {
        proxy.resetAfter(bytes);
        await pass(1_000);
      }
      proxy.resetAfter(undefined);
    },
  },
  {
    name: 'confirms that are late, and confirms that never come',
    isSilent: true,
    async provoke({ proxy }) {
      proxy.holdAnswers();
      await pass(3_000);
      proxy.thaw();
      await pass(1_000);
      for (let time = 0; time < Math.max(20 * SHARE, 2); time += 1) {
        proxy.holdAnswers();
        await pass(500);
        proxy.cut();
        proxy.thaw();
        await pass(1_000);
      }
    },
  },
];

/** One call of `rabbitmqctl` takes longer than ten of these. */
function closeAllConnections(times: number): string {
  return `[begin [rabbit_networking:close_connection(P, "a fault") || P <- rabbit_networking:connections()], timer:sleep(100) end || _ <- lists:seq(1, ${times})], ok.`;
}

/** Does something to every consumer of the queue: `Tag`, and its `Channel`. */
function withConsumers(queue: string, deed: string): string {
  return `[begin
    Value = fun(Key) -> proplists:get_value(Key, Consumer) end,
    {Channel, Tag, {resource, _, queue, Name}} = {Value(channel_pid), Value(consumer_tag), Value(queue_name)},
    case Name of <<"leveret.q.${queue}">> -> ${deed}; _ -> ok end
  end || Vhost <- rabbit_vhost:list_names(), Consumer <- rabbit_amqqueue:consumers_all(Vhost)], ok.`;
}

/** The words that a broker has for it; the queue stays. */
const SAY_CANCELLED = `begin
  Writer = element(6, element(2, element(4, sys:get_state(Channel)))),
  rabbit_writer:send_command(Writer, {'basic.cancel', Tag, true})
end`;

/** The queue forgets its consumer, and nobody is told. */
const FORGET = `begin
  Server = binary_to_atom(<<Vhost/binary, "_", Name/binary>>),
  ra:process_command({Server, node()}, rabbit_fifo:make_checkout({Tag, Channel}, cancel, #{}))
end`;

function consumerTimeout(ms: number): string {
  return `application:set_env(rabbit, consumer_timeout, ${ms}), application:set_env(rabbit, channel_tick_interval, 1000).`;
}
