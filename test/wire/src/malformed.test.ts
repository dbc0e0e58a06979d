import { defineJob, ERROR_CODES, type ErrorCode, isUuid, MAX_HELD_MS } from '@leveret/core';
import type { Inbox } from '@leveret/testing';
import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ForeignJob, type ForeignMessage, textOf } from './foreign.ts';
import { type Installation, keepingDeadLetters, openInstallation, type RunJob } from './installation.ts';

/** A payload that the definition refuses. */
const REFUSED = '"refuse me"';

function defineOn(queue: string) {
  const validate = (value: unknown) =>
    value === JSON.parse(REFUSED) ? { issues: [{ message: 'refused' }] } : { value };
  const payload = { '~standard': { version: 1 as const, vendor: 'leveret', validate } };
  return defineJob({ kind: 'page.print', queue, payload });
}

type Flaw = Partial<Omit<ForeignJob, 'queue'>>;
const BODY = '{ "page" : 1 }';
const header = (name: string, value: unknown): Flaw => ({ headers: { [name]: value } });

/** What comes in, how it ends, and a part of what the dead letter says about it. */
const DEAD_AT_ONCE: readonly (readonly [string, Flaw, ErrorCode, string])[] = [
  ['no message-id', { properties: { messageId: null } }, 'MESSAGE_UNDECODABLE', 'message-id is missing'],
  ['an id of its own', { properties: { messageId: 'order-17' } }, 'MESSAGE_UNDECODABLE', '"order-17"'],
  ['no type', { properties: { type: null } }, 'MESSAGE_UNDECODABLE', 'type is missing'],
  ['a type that is no name', { properties: { type: 'Print Page' } }, 'MESSAGE_UNDECODABLE', '"Print Page"'],
  ['words as attempt', header('leveret-attempt', 'two'), 'MESSAGE_UNDECODABLE', 'leveret-attempt'],
  ['attempt 0', header('leveret-attempt', 0), 'MESSAGE_UNDECODABLE', 'leveret-attempt'],
  ['half an attempt', header('leveret-attempt', 1.5), 'MESSAGE_UNDECODABLE', 'leveret-attempt'],
  ['a boolean as attempt', header('leveret-attempt', true), 'MESSAGE_UNDECODABLE', 'leveret-attempt'],
  ['a list as attempt', header('leveret-attempt', [2]), 'MESSAGE_UNDECODABLE', 'leveret-attempt'],
  ['a table as attempt', header('leveret-attempt', { n: 2 }), 'MESSAGE_UNDECODABLE', 'leveret-attempt'],
  [
    'a timestamp as version',
    header('leveret-version', { '!': 'timestamp', value: 1 }),
    'MESSAGE_UNDECODABLE',
    'leveret-version',
  ],
  ['a negative hold', header('leveret-held-ms', -1), 'MESSAGE_UNDECODABLE', 'leveret-held-ms'],
  ['words as delay', header('leveret-delay-left-ms', 'soon'), 'MESSAGE_UNDECODABLE', 'leveret-delay-left-ms'],
  ['too many headers', { headers: { note: 'x'.repeat(40_000) } }, 'MESSAGE_UNDECODABLE', 'the headers'],
  ['an empty body', { body: '' }, 'MESSAGE_UNDECODABLE', 'not JSON'],
  ['a body that is not JSON', { body: '{"page": 1,}' }, 'MESSAGE_UNDECODABLE', 'not JSON'],
  ['a refused payload', { body: REFUSED }, 'PAYLOAD_INVALID', 'refused'],
  [
    'a newer version, held for 15 minutes',
    { headers: { 'leveret-version': 2, 'leveret-held-ms': MAX_HELD_MS } },
    'UNSUPPORTED_VERSION',
    'version 2',
  ],
  [
    'an unknown kind, held for 15 minutes',
    { kind: 'page.fold', headers: { 'leveret-held-ms': String(MAX_HELD_MS) } },
    'UNKNOWN_KIND',
    'page.fold',
  ],
];

describe.skipIf(!hasRabbitmq())('a foreign message', () => {
  let leveret: Installation;
  const letters = new Map<unknown, ForeignMessage>();
  const definition = defineOn('pages');
  const { kind, queue } = definition;
  let ran: Inbox<RunJob>;
  beforeAll(async () => {
    leveret = await openInstallation(keepingDeadLetters);
    ran = await leveret.startWorker(definition);
    const jobs = DEAD_AT_ONCE.map(
      ([name, flaw]): ForeignJob => ({
        ...{ queue, kind, body: BODY },
        ...flaw,
        headers: { ...flaw.headers, case: name },
      }),
    );
    await leveret.foreign.produce(...jobs);
    for (const letter of await leveret.foreign.takeLetters(queue, jobs.length))
      letters.set(letter.headers['case'] ?? 'too many headers', letter);
  });
  afterAll(async () => {
    await leveret[Symbol.asyncDispose]();
  });

  test.each(DEAD_AT_ONCE)(
    'with %s becomes a dead letter with its body and its reason',
    async (name, { body = BODY }, code, words) => {
      const letter = letters.get(name);

      expect(letter && textOf(letter)).toBe(body);
      expect(letter?.headers['leveret-failure-code']).toBe(code);
      expect(letter?.headers['leveret-failure-message']).toContain(words);
      expect(isUuid(letter?.id ?? '')).toBe(true);
      expect(await leveret.until(letter?.id ?? '', 'dead')).toMatchObject({ failure: { code } });
      expect(ERROR_CODES[code].retryable).toBe(false);
      expect(ran.size()).toBe(0);
    },
  );

  test.each([
    ['a newer version', { headers: { 'leveret-version': '2' } }, 'UNSUPPORTED_VERSION'],
    ['a kind that nobody knows', { kind: 'page.fold' }, 'UNKNOWN_KIND'],
    ['a kind that nobody knows and no JSON', { kind: 'page.fold', body: '{' }, 'UNKNOWN_KIND'],
  ])('of %s is held, not dead, and no attempt is charged', async (_, flaw: Flaw, code) => {
    const [id = ''] = await leveret.foreign.produce({ queue, kind, body: '1', ...flaw });
    const record = await leveret.until(id, 'queued');

    expect(record).toMatchObject({ failure: { code }, settledAttempt: 0 });
    expect((record.dueAt ?? 0) - record.updatedAt).toBe(5_000);
  });

  test('of a newer version comes back with everything it had, and the time it was held', async () => {
    const headers = {
      'leveret-version': 2,
      'leveret-held-ms': MAX_HELD_MS,
      'leveret-deadline-ms': 7,
      tenant: 'a',
      tags: ['lost'],
    };

    const [id] = await leveret.foreign.produce({ queue, kind, body: '1', headers });
    const [letter] = await leveret.foreign.takeLetters(queue, 1);

    expect(letter).toMatchObject({ id, type: kind });
    expect(letter?.headers).toEqual({
      'leveret-version': 2,
      'leveret-attempt': 1,
      'leveret-created-ms': expect.any(Number),
      'leveret-held-ms': MAX_HELD_MS,
      'leveret-deadline-ms': '7',
      tenant: 'a',
      'leveret-failure-code': 'UNSUPPORTED_VERSION',
      'leveret-failure-message': expect.any(String),
    });
  });

  test('with nothing but an id and a kind is a job', async () => {
    const headers = { 'leveret-version': null, 'leveret-attempt': null, 'leveret-created-ms': null };
    const properties = { timestamp: null, contentType: null };

    const [id] = await leveret.foreign.produce({ queue, kind, body: '1', headers, properties });

    expect(await ran.next()).toMatchObject({ payload: 1, job: { id, attempt: 1 } });
  });

  test('that expires becomes a dead letter of the broker, without a reason of ours', async () => {
    const idle = 'nobody-works-here';
    await leveret.foreign.declare([idle]);

    await leveret.foreign.produce({ queue: idle, kind, body: '1', properties: { expiration: '1' } });
    const [letter] = await leveret.foreign.takeLetters(idle, 1);

    expect(letter?.headers).not.toHaveProperty('leveret-failure-code');
    expect(letter?.headers['x-death']).toMatchObject([{ reason: 'expired' }]);
  });
});
