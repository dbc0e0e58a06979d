import { expect, test } from 'vitest';
import { generatePassword, hashPassword, UNKNOWN_PASSWORD, verifyPassword } from './passwords.ts';

const CHEAP = { N: 1_024, r: 8, p: 1 };

test('a password is the one of its hash, and another one is not', async () => {
  const stored = await hashPassword('correct horse', CHEAP);

  expect(await verifyPassword('correct horse', stored)).toBe(true);
  expect(await verifyPassword('correct horsf', stored)).toBe(false);
  expect(await verifyPassword('', stored)).toBe(false);
});

test('a hash holds its cost and a salt of its own', async () => {
  const [one, other] = [await hashPassword('same'), await hashPassword('same', CHEAP)];

  expect(one).toMatch(/^scrypt:32768:8:3:[\w-]{22}:[\w-]{43}$/);
  expect(other).toMatch(/^scrypt:1024:8:1:/);
  expect(one.split(':')[4]).not.toBe(other.split(':')[4]);
  expect(await verifyPassword('same', one)).toBe(true);
});

test('a password is the same however a keyboard composes its letters', async () => {
  const stored = await hashPassword('caf\u00e9', CHEAP);

  expect(await verifyPassword('cafe\u0301', stored)).toBe(true);
});

test('the hash of an unknown account costs the default, and no password is right', async () => {
  expect(UNKNOWN_PASSWORD).toMatch(/^scrypt:32768:8:3:/);
  expect(await verifyPassword('', UNKNOWN_PASSWORD)).toBe(false);
});

test('what is no hash is refused', async () => {
  await expect(verifyPassword('x', 'plain text')).rejects.toThrow(TypeError);
});

test('two are computed at the same time and twenty wait: more are refused, and the others are computed', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 25 }, () => hashPassword('x', CHEAP)));

  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(22);
  expect(outcomes[24]).toMatchObject({
    reason: { code: 'SIGN_IN_LIMITED', details: { retryAfterSeconds: 2 } },
  });
  expect(await hashPassword('x', CHEAP)).toMatch(/^scrypt:/);
});

test('generated passwords differ and have 20 letters and digits', () => {
  const passwords = Array.from({ length: 100 }, generatePassword);

  expect(new Set(passwords).size).toBe(100);
  for (const password of passwords) expect(password).toMatch(/^[a-zA-Z2-9]{20}$/);
});
