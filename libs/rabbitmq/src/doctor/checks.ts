/** What a check can come to, from the best to the worst; `unknown`: the check could not run. */
export type Severity = 'ok' | 'unknown' | 'warning' | 'problem';

/** What the table says of one check. */
interface CheckRule {
  /** What is looked at. */
  readonly looksAt: string;
  /** What it needs besides AMQP: nothing, a user of the management API with a tag, or the file of the ledger. */
  readonly needs: 'AMQP' | 'management' | 'monitoring' | 'administrator' | 'ledger';
  /** The worst that it can come to. */
  readonly worst: 'warning' | 'problem';
  /** What mends it. */
  readonly fix: string;
}

/**
 * Everything that the doctor looks at: in the broker here, in the ledger by whoever has it. `docs/reference/doctor.md` is this table in prose; a test holds the two together.
 */
export const CHECKS = {
  version: {
    looksAt: 'the version of the broker: too old, or with known faults in what Leveret builds on',
    needs: 'AMQP',
    worst: 'problem',
    fix: 'update the broker',
  },
  feature: {
    looksAt:
      'each feature that Leveret builds on or would profit from: since which version, and whether it is switched on',
    needs: 'administrator',
    worst: 'problem',
    fix: 'update the broker, or switch the feature flag on',
  },
  blocked: {
    looksAt: 'whether the broker takes messages: one with a key that leads nowhere is sent, and returned',
    needs: 'AMQP',
    worst: 'problem',
    fix: 'free memory or disk on the broker',
  },
  alarm: {
    looksAt: 'memory and disk alarms of every node',
    needs: 'management',
    worst: 'problem',
    fix: 'free memory or disk on the node',
  },
  node: {
    looksAt: 'nodes of the cluster that do not run',
    needs: 'monitoring',
    worst: 'warning',
    fix: 'start the node',
  },
  partition: {
    looksAt: 'nodes that have lost sight of each other',
    needs: 'monitoring',
    worst: 'problem',
    fix: 'mend the network, then restart the nodes of the smaller side',
  },
  members: {
    looksAt: 'quorum queues with members that are offline, or with a single one in a cluster',
    needs: 'management',
    worst: 'problem',
    fix: 'start the nodes, or grow the queues onto them',
  },
  exchange: {
    looksAt: 'exchanges that are missing, the dead-letter and alternate exchanges among them',
    needs: 'AMQP',
    worst: 'problem',
    fix: '`--fix` declares them',
  },
  queue: {
    looksAt: 'queues that are missing, those of dead letters among them',
    needs: 'AMQP',
    worst: 'problem',
    fix: '`--fix` declares them',
  },
  binding: {
    looksAt: 'bindings that are missing',
    needs: 'management',
    worst: 'problem',
    fix: '`--fix` declares them',
  },
  arguments: {
    looksAt:
      'queues and exchanges that exist with other arguments: another type, a delivery limit that would drop, no alternate exchange',
    needs: 'AMQP',
    worst: 'problem',
    fix: 'empty it, delete it, and declare it anew: nothing does that by itself',
  },
  policy: {
    looksAt:
      'policies and operator policies that change what a queue or exchange does: time to live, length, expiry, delivery limit, overflow, dead-letter key, alternate exchange',
    needs: 'management',
    worst: 'problem',
    fix: 'clear the policy, or narrow its pattern',
  },
  permission: {
    looksAt: 'whether the user may configure, write and read everything of Leveret',
    needs: 'administrator',
    worst: 'problem',
    fix: '`rabbitmqctl set_permissions`',
  },
  'consumer-timeout': {
    looksAt: 'whether the broker would take a job away from a worker before the timeout of its kind',
    needs: 'management',
    worst: 'problem',
    fix: 'raise `consumer_timeout`, of the broker or by a policy',
  },
  unroutable: {
    looksAt:
      'messages in `leveret.unroutable`: the broker could not route them, and no recorder sets them aside',
    needs: 'AMQP',
    worst: 'problem',
    fix: 'declare what is missing, and start an API process: it sets them aside in the ledger. Without a ledger, move them by shovel',
  },
  ledger: {
    looksAt: 'events that wait for a recorder while there is none, and which ledger records them',
    needs: 'AMQP',
    worst: 'problem',
    fix: 'start an API process: it records',
  },
  unapplied: {
    looksAt: 'events that the ledger keeps because they cannot be applied',
    needs: 'ledger',
    worst: 'warning',
    fix: 'update the API processes: they try again every minute',
  },
  'set-aside': {
    looksAt: 'messages that the ledger has set aside because they cannot be jobs or could not be routed',
    needs: 'ledger',
    worst: 'warning',
    fix: '`leveret failures set-aside` shows them: correct their producers, or declare what is missing and run their jobs again, then discard them',
  },
  pauses: {
    looksAt: 'queues that are paused for a week or longer',
    needs: 'ledger',
    worst: 'warning',
    fix: '`leveret queues resume`, if it was forgotten',
  },
  files: {
    looksAt: 'files and folders of deleted jobs that should have been deleted over a day ago',
    needs: 'ledger',
    worst: 'warning',
    fix: 'start an API process: it deletes them. If one runs, its log says why it does not',
  },
  'dead-letters': {
    looksAt: 'dead letters that no recorder moves into the ledger',
    needs: 'AMQP',
    worst: 'warning',
    fix: 'start an API process: it moves them into the ledger. Without a ledger, read their reasons, mend the cause, then send them to their queue again',
  },
} as const satisfies Record<string, CheckRule>;

/** Name of a check. */
export type CheckName = keyof typeof CHECKS;

/** What mends what a check finds, as plain text. */
export function fixOf(check: CheckName): string {
  return CHECKS[check].fix.replaceAll('`', '');
}

/** What was found by one check about one thing. */
export interface Finding {
  readonly check: CheckName;
  readonly severity: Severity;
  /** The entity, node or feature. */
  readonly about: string;
  /** What was found, in words. */
  readonly what: string;
  /** A command or a sentence: what mends it, or lets it be known. */
  readonly fix?: string;
  /** Whether the doctor can mend it by declaring what is missing. */
  readonly canFix: boolean;
}

type Words = Pick<Finding, 'about' | 'what' | 'fix'>;

/** Nothing to do. */
export function ok(check: CheckName, about: string, what: string): Finding {
  return { check, severity: 'ok', about, what, canFix: false };
}

/** It could not be looked. */
export function unknown(check: CheckName, words: Required<Words>): Finding {
  return { check, severity: 'unknown', ...words, canFix: false };
}

/** It works, and somebody should know. */
export function warning(check: CheckName, words: Required<Words>): Finding {
  return { check, severity: 'warning', ...words, canFix: false };
}

/** It does not work, or will not when it has to. */
export function problem(check: CheckName, words: Required<Words>, canFix = false): Finding {
  return { check, severity: 'problem', ...words, canFix };
}
