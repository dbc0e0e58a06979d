import { type Finding, ok, problem, unknown, warning } from './checks.ts';
import type { Picture, Rights } from './picture.ts';

/** The name that permissions know the default exchange by. */
const DEFAULT_EXCHANGE = 'amq.default';

/** Judges what the user may do. */
export function judgeAccess(picture: Picture): readonly Finding[] {
  const { rights } = picture;
  return rights.known ? judgeRights(rights.value, picture) : judgeAttempts(rights.why, picture);
}

function judgeRights(rights: Rights, picture: Picture): readonly Finding[] {
  const named = picture.expected.flatMap(({ entities }) => entities).filter(({ kind }) => kind !== 'binding');
  const all = named.map((entity) => ('name' in entity ? entity.name : ''));
  const wanted = { configure: all, write: [...all, DEFAULT_EXCHANGE], read: all };
  const findings = (['configure', 'write', 'read'] as const).flatMap((right) => {
    const allowed = toRegExp(rights[right]);
    if (allowed === undefined) return [unreadable(picture, right, rights[right])];
    const denied = wanted[right].filter((name) => !allowed.test(name));
    return denied.length === 0 ? [] : [toFinding(picture, right, denied)];
  });
  return findings.length > 0 ? findings : [ok('permission', picture.user, 'may configure, write and read')];
}

/** Without the administrator's view, what was tried tells: but nothing can be read without taking it away. */
function judgeAttempts(why: string, picture: Picture): readonly Finding[] {
  const { user, sights, publishing } = picture;
  const refused = [...sights].flatMap(([key, sight]) =>
    sight.state === 'there' && sight.match.state === 'refused' ? [key] : [],
  );
  return [
    ...(refused.length === 0 ? [] : [toFinding(picture, 'configure', refused)]),
    ...(publishing.state === 'refused' ? [toFinding(picture, 'write', [DEFAULT_EXCHANGE])] : []),
    unknown('permission', {
      about: user,
      what: `whether it may read everything, and write everywhere, cannot be tried without moving messages, and ${why}`,
      fix: `rabbitmqctl list_user_permissions ${user}; or name the management API with a user that has the tag administrator`,
    }),
  ];
}

function toFinding(picture: Picture, right: keyof Rights, denied: readonly string[]): Finding {
  const [first, ...others] = denied;
  const which = others.length === 0 ? `${first}` : `${first} and ${others.length} more`;
  if (right === 'configure')
    return warning('permission', {
      about: picture.user,
      what: `it may not configure ${which}: its processes cannot declare what is missing`,
      fix: 'after every update, run leveret init as a user who may; nothing else is needed',
    });
  return problem('permission', {
    about: picture.user,
    what: `it may not ${right} ${which}`,
    fix: grant(picture),
  });
}

/** Whoever may not configure need not. */
function grant({ vhost, user, rights, names }: Picture): string {
  const ours = `^${names.namespace}\\.`;
  const configure = rights.known ? rights.value.configure || '^$' : ours;
  return `rabbitmqctl set_permissions -p ${vhost} ${user} '${configure}' '^(${names.namespace}\\.|amq\\.default$)' '${ours}'`;
}

function unreadable({ user, names }: Picture, right: keyof Rights, pattern: string): Finding {
  return unknown('permission', {
    about: user,
    what: `the pattern of what it may ${right} cannot be read here: ${pattern}`,
    fix: `see whether it fits names that begin with ${names.prefix}`,
  });
}

/** An empty pattern allows nothing. */
function toRegExp(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern === '' ? '^$' : pattern, 'u');
  } catch {
    return undefined;
  }
}
