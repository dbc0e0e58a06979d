import { type Finding, fixOf, ok, problem, unknown, warning } from './checks.ts';
import type { ClusterNode, Picture } from './picture.ts';

/** Judges the broker itself: version, features, whether it takes messages, and its nodes. */
export function judgeServer(picture: Picture): readonly Finding[] {
  return [
    judgeVersion(picture),
    ...FEATURES.map((feature) => judgeFeature(feature, picture)),
    judgePublishing(picture),
    ...judgeAlarms(picture),
    ...judgeNodes(picture),
    ...judgeMembers(picture),
  ];
}

type Version = readonly [number, number, number];

const OLDEST: Version = [3, 10, 8];
/** From which version of each line the known faults of the broker's dead lettering are mended. */
const RECOMMENDED: readonly Version[] = [
  [3, 13, 0],
  [4, 2, 7],
  [4, 3, 3],
];

/** Something that not every broker can do. */
interface Feature {
  readonly title: string;
  readonly from: Version;
  /** A flag that must be switched on, and the version from which it always is. */
  readonly flag?: { readonly name: string; readonly until: Version };
  /** What Leveret cannot do without it; undefined where it only profits. */
  readonly without?: string;
}

const FEATURES: readonly Feature[] = [
  {
    title: 'time to live on quorum queues',
    from: [3, 10, 0],
    without: 'delays and retries do not work',
  },
  {
    title: 'dead lettering at least once',
    from: [3, 10, 0],
    flag: { name: 'stream_queue', until: [3, 12, 0] },
    without: 'what the broker moves on can be lost on its way, without a word',
  },
  { title: 'a consumer timeout for each queue', from: [3, 12, 0] },
  { title: 'a log that shrinks while a long job runs', from: [4, 3, 0] },
];

/** Whether the broker is of that version or a later one; undefined when its version cannot be read. */
export function isAtLeast(
  { version }: Picture['server'],
  [major, minor, patch]: Version,
): boolean | undefined {
  const parsed = parseVersion(version);
  if (parsed === undefined) return undefined;
  const [ownMajor, ownMinor, ownPatch] = parsed;
  if (ownMajor !== major) return ownMajor > major;
  return ownMinor !== minor ? ownMinor > minor : ownPatch >= patch;
}

function parseVersion(text: string): Version | undefined {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

function judgeVersion({ server }: Picture): Finding {
  const about = `${server.product} ${server.version}`;
  if (server.product !== 'RabbitMQ' || parseVersion(server.version) === undefined)
    return unknown('version', {
      about,
      what: 'Leveret is made for RabbitMQ: what this broker can do is not known',
      fix: `use RabbitMQ ${OLDEST.join('.')} or later`,
    });
  if (isAtLeast(server, OLDEST) !== true)
    return problem('version', {
      about,
      what: 'the broker is too old',
      fix: `update it to ${OLDEST.join('.')} or later; step by step, with all feature flags switched on at each`,
    });
  if (isRecommended(server)) return ok('version', about, 'new enough');
  return warning('version', {
    about,
    what: 'its dead lettering, on which delays and retries rest, has faults that later versions do not have',
    fix: `update it to ${RECOMMENDED.map((version) => version.join('.')).join(', ')} or later of the same line`,
  });
}

/** Whether `server` is new enough within its own line; 3.13 is the last of its line, those before 4.2 have no mended version. */
function isRecommended(server: Picture['server']): boolean {
  const lines = [...RECOMMENDED].reverse();
  const [line] = lines.filter((version) => isAtLeast(server, [version[0], version[1], 0]));
  return line !== undefined && isAtLeast(server, line) === true && !isBetweenLines(server);
}

/** 4.0 and 4.1. */
function isBetweenLines(server: Picture['server']): boolean {
  return isAtLeast(server, [4, 0, 0]) === true && isAtLeast(server, [4, 2, 0]) === false;
}

function judgeFeature({ title, from, flag, without }: Feature, { server, flags }: Picture): Finding {
  const since = `since ${from.slice(0, 2).join('.')}`;
  const isNew = server.product === 'RabbitMQ' ? isAtLeast(server, from) : undefined;
  if (isNew === undefined)
    return unknown('feature', {
      about: title,
      what: `in RabbitMQ ${since}; whether this broker has it is not known`,
      fix: 'use RabbitMQ',
    });
  if (!isNew && without === undefined)
    return ok('feature', title, `not here: in RabbitMQ ${since}; Leveret does without`);
  if (!isNew)
    return problem('feature', {
      about: title,
      what: `missing, and without it ${without}: in RabbitMQ ${since}`,
      fix: `update the broker to ${OLDEST.join('.')} or later`,
    });
  if (flag === undefined || isAtLeast(server, flag.until)) return ok('feature', title, `here: ${since}`);
  const enable = `rabbitmqctl enable_feature_flag ${flag.name}`;
  if (!flags.known)
    return unknown('feature', {
      about: title,
      what: `in RabbitMQ ${since} if the flag ${flag.name} is switched on, which AMQP does not show; ${flags.why}`,
      fix: `rabbitmqctl list_feature_flags, and if need be ${enable}`,
    });
  if (flags.value.has(flag.name))
    return ok('feature', title, `here: ${since}, and ${flag.name} is switched on`);
  return problem('feature', {
    about: title,
    what: `the feature flag ${flag.name} is switched off: ${without}`,
    fix: enable,
  });
}

function judgePublishing({ publishing }: Picture): Finding {
  const about = 'publishing';
  const free = 'free memory or disk on the broker; it takes messages again by itself';
  switch (publishing.state) {
    case 'open':
      return ok('blocked', about, 'the broker takes messages');
    case 'blocked':
      return problem('blocked', {
        about,
        what: `the broker takes no messages: ${publishing.reason}`,
        fix: free,
      });
    case 'silent': {
      const afterS = publishing.afterMs / 1_000;
      const what = `the broker did not confirm a message within ${afterS} s, and did not say why`;
      return problem('blocked', { about, what, fix: `${free}; or see its log` });
    }
    case 'refused':
    case 'unseen': {
      const why = publishing.state === 'refused' ? publishing.said : publishing.why;
      return unknown('blocked', {
        about,
        what: `no message could be sent to find out: ${why}`,
        fix: 'mend what the other findings say, then look again',
      });
    }
  }
}

function judgeAlarms({ alarms }: Picture): readonly Finding[] {
  if (!alarms.known)
    return [
      unknown('alarm', {
        about: 'the nodes',
        what: `AMQP does not show alarms, and ${alarms.why}`,
        fix: 'name the management API by --management-url; or rabbitmq-diagnostics alarms',
      }),
    ];
  if (alarms.value.length === 0) return [ok('alarm', 'the nodes', 'no alarm')];
  return alarms.value.map(({ node, resource }) =>
    problem('alarm', {
      about: node,
      what: `${resource} alarm: the whole cluster takes no messages`,
      fix: `free ${resource} on the node, or raise its limit`,
    }),
  );
}

function judgeNodes({ nodes }: Picture): readonly Finding[] {
  if (!nodes.known)
    return (['node', 'partition'] as const).map((check) =>
      unknown(check, {
        about: 'the nodes',
        what: `AMQP does not show the nodes, and ${nodes.why}`,
        fix: 'name the management API by --management-url, with a user that has the tag monitoring; or rabbitmqctl cluster_status',
      }),
    );
  const about = nodes.value.length === 1 ? '1 node' : `${nodes.value.length} nodes`;
  const down = nodes.value.filter(({ isRunning }) => !isRunning).map(stopped);
  const apart = nodes.value.flatMap(partitionOf);
  return [
    ...(down.length > 0 ? down : [ok('node', about, 'all run')]),
    ...(apart.length > 0 ? apart : [ok('partition', about, 'all see each other')]),
  ];
}

function stopped({ name }: ClusterNode): Finding {
  return warning('node', {
    about: name,
    what: 'the node does not run',
    fix: 'start it; or, if it is gone for good: rabbitmqctl forget_cluster_node',
  });
}

function partitionOf({ name, partitions }: ClusterNode): readonly Finding[] {
  if (partitions.length === 0) return [];
  return [
    problem('partition', {
      about: name,
      what: `it has lost sight of ${partitions.join(', ')}`,
      fix: fixOf('partition'),
    }),
  ];
}

function judgeMembers({ described, nodes }: Picture): readonly Finding[] {
  if (!described.known)
    return [
      unknown('members', {
        about: 'the quorum queues',
        what: `AMQP does not show on which nodes they are, and ${described.why}`,
        fix: 'name the management API by --management-url; or rabbitmq-queues check_if_node_is_quorum_critical',
      }),
    ];
  const nodeCount = nodes.known ? nodes.value.length : 1;
  const quorum = [...described.value].filter(([, { type }]) => type === 'quorum');
  const findings = quorum.flatMap(([key, { members, online }]) => {
    const about = key.replace('queue ', '');
    const some = `${online.length} of its ${members.length} members are online`;
    const start = 'start the nodes that do not run';
    if (online.length * 2 <= members.length) {
      const what = `${some}: without a majority it takes and gives nothing`;
      return [problem('members', { about, what, fix: start })];
    }
    if (online.length < members.length) return [warning('members', { about, what: some, fix: start })];
    if (members.length > 1 || nodeCount < 2) return [];
    const what = `it is on one of ${nodeCount} nodes: with that node it is gone`;
    return [warning('members', { about, what, fix: 'rabbitmq-queues grow <node> all' })];
  });
  return findings.length > 0
    ? findings
    : [ok('members', `${quorum.length} quorum queues`, 'all members are online')];
}
