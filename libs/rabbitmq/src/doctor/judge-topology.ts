import {
  type BindingEntity,
  describeEntity,
  type Entity,
  type ExchangeEntity,
  type QueueEntity,
} from '../topology/entities.ts';
import { type Finding, ok, problem, unknown } from './checks.ts';
import { bindingKey, type Described, type Match, type Picture, type Sight, sightKey } from './picture.ts';

type Named = ExchangeEntity | QueueEntity;

const DECLARE = 'leveret doctor --fix, or leveret init';
const OTHERWISE =
  'let it run empty, or move its messages away by shovel, delete it, then run leveret init; or use another name of the queue, or another virtual host';

/** Judges what is there, and how it was declared. */
export function judgeTopology(picture: Picture): readonly Finding[] {
  const entities = picture.expected.flatMap((part) => part.entities);
  const named = entities.filter((entity) => entity.kind !== 'binding');
  return [
    ...judgePresence('exchange', named, picture),
    ...judgePresence('queue', named, picture),
    ...judgeBindings(
      entities.filter((entity) => entity.kind === 'binding'),
      picture,
    ),
    ...judgeArguments(named, picture),
  ];
}

function judgePresence(kind: Named['kind'], named: readonly Named[], picture: Picture): readonly Finding[] {
  const wanted = named.filter((entity) => entity.kind === kind);
  const findings = wanted.flatMap((entity) => presenceOf(entity, picture));
  return findings.length > 0 ? findings : [ok(kind, `${wanted.length} ${kind}s`, 'all are there')];
}

function presenceOf(entity: Named, { sights }: Picture): readonly Finding[] {
  const about = entity.name;
  const sight = sights.get(sightKey(entity));
  if (sight?.state === 'there') return [];
  if (sight?.state === 'missing')
    return [problem(entity.kind, { about, what: `the ${entity.kind} is missing`, fix: DECLARE }, true)];
  return [
    unknown(entity.kind, {
      about,
      what: `it could not be seen: ${sight?.why ?? 'it was not looked at'}`,
      fix: 'give the user a permission on this virtual host',
    }),
  ];
}

function judgeBindings(wanted: readonly BindingEntity[], { bindings }: Picture): readonly Finding[] {
  const about = `${wanted.length} bindings`;
  if (!bindings.known)
    return [
      unknown('binding', {
        about,
        what: `AMQP does not show bindings, and ${bindings.why}`,
        fix: 'name the management API by --management-url; leveret init declares all of them, whether they are there or not',
      }),
    ];
  const missing = wanted.filter((binding) => !bindings.value.has(bindingKey(binding)));
  if (missing.length === 0) return [ok('binding', about, 'all are there')];
  return missing.map((binding) =>
    problem(
      'binding',
      {
        about: describeEntity(binding).replace('binding ', ''),
        what: 'the binding is missing: what should pass here does not arrive',
        fix: DECLARE,
      },
      true,
    ),
  );
}

function judgeArguments(named: readonly Named[], picture: Picture): readonly Finding[] {
  const findings = named.flatMap((entity) => {
    const sight = picture.sights.get(sightKey(entity));
    return sight?.state === 'there' ? argumentsOf(entity, sight, picture) : [];
  });
  const there = named.filter((entity) => picture.sights.get(sightKey(entity))?.state === 'there');
  const about = `${there.length} queues and exchanges`;
  return findings.length > 0 ? findings : [ok('arguments', about, 'all are as they are to be')];
}

function argumentsOf(
  entity: Named,
  { match }: Extract<Sight, { state: 'there' }>,
  { described }: Picture,
): readonly Finding[] {
  const outcome = match.state === 'refused' ? compareDescribed(entity, match, described) : match;
  const about = describeEntity(entity);
  switch (outcome.state) {
    case 'same':
      return [];
    case 'other':
      return [problem('arguments', { about, what: `it exists otherwise: ${outcome.said}`, fix: OTHERWISE })];
    case 'refused':
      return [
        unknown('arguments', {
          about,
          what: `the user may not declare it, so the broker did not compare: ${outcome.said}`,
          fix: 'run leveret doctor as a user with permission to configure, or name the management API by --management-url',
        }),
      ];
  }
}

/** Who may not declare something may still be shown what it is. */
function compareDescribed(entity: Named, refusal: Match, described: Picture['described']): Match {
  const found = described.known ? described.value.get(sightKey(entity)) : undefined;
  if (found === undefined) return refusal;
  const differences = differencesOf(entity, found);
  return differences.length === 0 ? { state: 'same' } : { state: 'other', said: differences.join('; ') };
}

function differencesOf(entity: Named, { type, isDurable, arguments: found }: Described): readonly string[] {
  const wanted = argumentsOfEntity(entity);
  const wantedType = entity.kind === 'exchange' ? entity.type : 'quorum';
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
  return [
    ...(type === wantedType ? [] : [`its type is ${type}, not ${wantedType}`]),
    ...(isDurable ? [] : ['it is not durable']),
    ...names
      .filter((name) => wanted[name] !== found[name])
      .map((name) => `${name} is ${found[name] ?? 'not set'}, not ${wanted[name] ?? 'set at all'}`),
  ];
}

function argumentsOfEntity(entity: Entity): Readonly<Record<string, unknown>> {
  switch (entity.kind) {
    case 'queue':
      return entity.arguments;
    case 'exchange':
      return entity.alternate === undefined ? {} : { 'alternate-exchange': entity.alternate };
    case 'binding':
      return {};
  }
}
