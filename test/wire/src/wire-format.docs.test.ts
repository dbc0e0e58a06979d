import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyEvent,
  HISTORY_HEADER,
  isErrorCode,
  isOutcome,
  type JobEvent,
  type JobState,
  LANE_WEIGHTS,
  MAX_DELAY_MS,
  MAX_FAILURE_MESSAGE,
  MAX_HELD_MS,
  MAX_NAME_LENGTH,
  MAX_PAYLOAD_BYTES,
  MESSAGE_VERSION,
  PARENT_HEADER,
  REPEATED_HEADER,
} from '@leveret/core';
import { projectRoot } from '@leveret/testing/processes';
import { expect, test } from 'vitest';
import { readPage } from './page.ts';

const page = readPage('wire-format.md');

/** What each type of event has of its own, and the state that it brings a job to which was unknown. */
const TYPES = {
  accepted: { own: ['payload', 'delayMs'], state: 'queued' },
  started: { own: ['workerId'], state: 'running' },
  progress: { own: ['progress'], state: 'running' },
  logged: { own: ['bestEffort', 'lines'], state: 'queued' },
  succeeded: { own: ['result'], state: 'succeeded' },
  retried: { own: ['failure', 'delayMs'], state: 'retrying' },
  'dead-lettered': { own: ['failure'], state: 'dead' },
  suspected: { own: ['start'], state: 'running' },
  crashed: { own: ['failure', 'crashes', 'delayMs'], state: 'queued' },
  held: { own: ['failure', 'delayMs'], state: 'queued' },
  snoozed: { own: ['delayMs', 'snoozes'], state: 'scheduled' },
  'handed-back': { own: [], state: 'queued' },
  cancelled: { own: [], state: 'cancelled' },
  superseded: { own: [], state: 'queued' },
} as const satisfies Record<JobEvent['type'], { readonly own: readonly string[]; readonly state: JobState }>;

/** Fields that an event may leave out. */
const OPTIONAL = [
  ...['startedAt', 'priority', 'state', 'headers', 'parentId', 'tags', 'history', 'redact', 'blobs'],
  ...['done', 'total', 'text'],
];

const [, json = ''] = /```json\n([\s\S]*?)```/.exec(page.text) ?? [];
const examples = JSON.parse(json) as readonly JobEvent[];
const common = page
  .tableWith('field')
  .rows.flatMap(({ field = '' }) => [...field.matchAll(/`(\w+)`/g)].map(([, name]) => name));

test('every type of event has its line and its example, and there is no other', () => {
  const lines = page.tableWith('fields of its own').rows.map(({ type }) => type?.slice(1, -1));

  expect(lines.sort()).toEqual(Object.keys(TYPES).sort());
  expect(examples.map(({ type }) => type).sort()).toEqual(Object.keys(TYPES).sort());
});

test.each(examples)(
  'an event of type $type has the fields that the page says, and the ledger follows',
  (event) => {
    const { own, state } = TYPES[event.type];
    const row = page.tableWith('fields of its own').rows.find(({ type }) => type === `\`${event.type}\``);
    const stated = [...(row?.['fields of its own'] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name);

    const fields = Object.keys(event).filter((name) => !OPTIONAL.includes(name));

    expect(fields.sort()).toEqual([...common, ...own].sort());
    expect(stated.includes('startedAt')).toBe(isOutcome(event));
    expect(stated.filter((name) => name !== 'null' && !OPTIONAL.includes(name))).toEqual(own);
    expect(applyEvent(undefined, event).state).toBe(state);
    expect(row?.['the ledger then shows ([states.md](states.md))']).toContain(`\`${state}\``);
    if ('failure' in event) expect(isErrorCode(event.failure.code)).toBe(true);
  },
);

test('the page names the headers that the driver reads and writes, and no other', () => {
  const source = readFileSync(join(projectRoot, 'libs/rabbitmq/src/codec/message-mapping.ts'), 'utf8');
  const headers = [...source.matchAll(/'(leveret-[a-z-]+)'/g)].map(([, name]) => name);
  // What is written by workers and clients travels like what producers send along.
  headers.push(HISTORY_HEADER, PARENT_HEADER, REPEATED_HEADER);
  const named = new Set([...page.text.matchAll(/`(leveret-[a-z-]*[a-z])`/g)].map(([, name]) => name));

  expect([...named].sort()).toEqual(headers.sort());
});

test('the page names no code that is not in the error table', () => {
  const codes = [...page.text.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code]) => code ?? '');

  expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
});

test('version and bounds on the page are those of the code', () => {
  const bounds = [
    [`**version ${MESSAGE_VERSION}**`, 1],
    [`at most ${MAX_PAYLOAD_BYTES / 2 ** 20} MiB`, 1],
    [`at most ${MAX_NAME_LENGTH} characters`, 2],
    [`${MAX_FAILURE_MESSAGE.toLocaleString('en')} characters`, 2],
    [`${MAX_HELD_MS / 60_000} minutes`, 2],
    [`${MAX_DELAY_MS.toLocaleString('en')} ms`, 1],
    [
      `${LANE_WEIGHTS.high} high ones, ${LANE_WEIGHTS.normal} normal ones and ${LANE_WEIGHTS.low} low one of`,
      1,
    ],
    [`${((4 ** 15 - 1) * 100).toLocaleString('en')} ms`, 1],
  ] as const;

  for (const [words, times] of bounds)
    expect(page.text.split(words).length - 1, words).toBeGreaterThanOrEqual(times);
});
