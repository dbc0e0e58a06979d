import type { ExchangeEntity, QueueEntity } from '../topology/entities.ts';
import { type Finding, ok, problem, unknown, warning } from './checks.ts';
import type { Picture, Policy } from './picture.ts';

type Named = ExchangeEntity | QueueEntity;

/** Judges the policies of the virtual host: which of them change what a queue or exchange of ours does. */
export function judgePolicies(picture: Picture): readonly Finding[] {
  const { policies, expected, vhost } = picture;
  if (!policies.known)
    return [
      unknown('policy', {
        about: `virtual host ${vhost}`,
        what: `AMQP does not show policies, and ${policies.why}`,
        fix: `name the management API by --management-url; or look yourself: rabbitmqctl list_policies -p ${vhost}, and list_operator_policies`,
      }),
    ];
  const named = expected.flatMap((part) => part.entities).filter((entity) => entity.kind !== 'binding');
  const findings = [
    ...policies.value.flatMap((policy) => unreadable(policy, picture)),
    ...gather(named.flatMap((entity) => changesTo(entity, policies.value, vhost))),
  ];
  return findings.length > 0 ? findings : [ok('policy', `virtual host ${vhost}`, 'no policy interferes')];
}

/** The policies that are in force for `entity`: of those that fit, the ones of the highest priority; and the operator's besides. */
export function policiesFor(entity: Named, policies: readonly Policy[]): readonly Policy[] {
  const fitting = policies.filter((policy) => fits(policy, entity));
  return [false, true].flatMap((isOperators) => {
    const own = fitting.filter((policy) => policy.isOperators === isOperators);
    const highest = Math.max(...own.map(({ priority }) => priority));
    // Of equals, the broker takes any.
    return own.filter(({ priority }) => priority === highest);
  });
}

const APPLIES_TO: Readonly<Record<Named['kind'], readonly string[]>> = {
  queue: ['all', 'queues', 'quorum_queues'],
  exchange: ['all', 'exchanges'],
};

function fits({ pattern, appliesTo }: Policy, { kind, name }: Named): boolean {
  return APPLIES_TO[kind].includes(appliesTo) && (toRegExp(pattern)?.test(name) ?? false);
}

/** The broker's regular expressions are Perl's: not all of them can be read here. */
function toRegExp(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}

function unreadable({ name, pattern }: Policy, { names }: Picture): readonly Finding[] {
  if (toRegExp(pattern) !== undefined) return [];
  return [
    unknown('policy', {
      about: name,
      what: `its pattern cannot be read here: ${pattern}`,
      fix: `see whether it fits a name that begins with ${names.prefix}`,
    }),
  ];
}

/** A policy changes something of one entity. */
interface Change {
  readonly policy: Policy;
  readonly vhost: string;
  readonly name: string;
  readonly setting: string;
  readonly severity: 'problem' | 'warning';
  /** What comes of it, in words. */
  readonly effect: string;
}

function changesTo(entity: Named, policies: readonly Policy[], vhost: string): readonly Change[] {
  return policiesFor(entity, policies).flatMap((policy) =>
    Object.entries(policy.definition).flatMap(([setting, value]) => {
      const change = entity.kind === 'queue' ? toQueue(entity, setting, value) : toExchange(entity, setting);
      return change === undefined ? [] : [{ ...change, policy, vhost, name: entity.name, setting }];
    }),
  );
}

type Effect = Pick<Change, 'severity' | 'effect'>;

/**
 * Where queue and policy both set a number, the smaller one holds; of two overflow behaviours, the policy's; of two ways for
 * dead letters, the queue's.
 */
function toQueue({ arguments: own }: QueueEntity, setting: string, value: unknown): Effect | undefined {
  const movesOn = own['x-dead-letter-exchange'] !== undefined;
  switch (setting) {
    case 'message-ttl':
      return isBelow(value, own['x-message-ttl'])
        ? toProblem(
            movesOn
              ? 'messages leave the queue before their time'
              : 'messages are deleted when their time is over',
          )
        : undefined;
    case 'delivery-limit':
      return isBelow(value, own['x-delivery-limit'])
        ? toProblem('messages are given up after so many deliveries')
        : undefined;
    case 'max-length':
    case 'max-length-bytes':
      return toProblem(
        movesOn
          ? 'a full queue refuses messages, and holds up the delay wheel'
          : 'a full queue drops its oldest messages',
      );
    case 'expires':
      return toProblem('the queue is deleted, with its messages, when nobody uses it for a while');
    case 'overflow':
      return movesOn && value !== own['x-overflow']
        ? toProblem('what the broker moves on can be lost on its way')
        : undefined;
    case 'dead-letter-routing-key':
      return movesOn && own['x-dead-letter-routing-key'] === undefined
        ? toProblem('messages in the delay wheel lose their way')
        : undefined;
    default:
      return undefined;
  }
}

function toExchange({ alternate }: ExchangeEntity, setting: string): Effect | undefined {
  if (setting !== 'alternate-exchange' || alternate !== undefined) return undefined;
  return {
    severity: 'warning',
    effect: 'what has no way goes there, and whoever published it is not told',
  };
}

function toProblem(effect: string): Effect {
  return { severity: 'problem', effect };
}

function isBelow(value: unknown, own: unknown): boolean {
  return typeof own !== 'number' || typeof value !== 'number' || value < own;
}

/** One finding for each thing that a policy does, however many queues it does it to. */
function gather(changes: readonly Change[]): readonly Finding[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const { policy, setting, effect } = change;
    const key = JSON.stringify([policy.isOperators, policy.name, setting, effect]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()].map(toFinding);
}

function toFinding(group: readonly Change[]): Finding {
  const [first, ...others] = group as [Change, ...Change[]];
  const { policy, vhost, name, setting, severity, effect } = first;
  const kind = policy.isOperators ? 'operator_policy' : 'policy';
  const words = {
    about: others.length === 0 ? name : `${name} and ${others.length} more`,
    what: `${kind.replace('_', ' ')} ${policy.name} sets ${setting} to ${String(policy.definition[setting])}: ${effect}`,
    fix: `rabbitmqctl clear_${kind} -p ${vhost} ${policy.name}, or narrow its pattern (${policy.pattern})`,
  };
  return severity === 'problem' ? problem('policy', words) : warning('policy', words);
}
