import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MAX_PASSWORD, MIN_PASSWORD } from './accounts.ts';
import { ADMIN_ROLES, ADMIN_VERBS, type AdminVerb, verbsOf } from './verbs.ts';

const page = readFileSync(new URL('../../../../docs/reference/accounts.md', import.meta.url), 'utf8');

test('docs/reference/accounts.md is the table of verbs: what each allows, and which roles have it', () => {
  const rows = page.split('\n').filter((line) => /^\| `[a-z]+:[a-z]+` \|/.test(line));

  const expected = Object.entries(ADMIN_VERBS).map(([verb, { meaning }]) => {
    const roles = ADMIN_ROLES.filter((role) => verbsOf(role).includes(verb as AdminVerb));
    return `| \`${verb}\` | ${meaning} | ${roles.join(', ')} |`;
  });
  expect(rows).toEqual(expected);
});

test('a role has the verbs of the roles below it, and an admin has all', () => {
  const [viewer, operator, admin] = ADMIN_ROLES.map(verbsOf);

  expect(operator).toEqual(expect.arrayContaining([...(viewer ?? [])]));
  expect(admin).toEqual(Object.keys(ADMIN_VERBS));
});

test('the page says the limits of a password', () => {
  expect(page).toContain(`of ${MIN_PASSWORD} to ${MAX_PASSWORD} characters`);
});
