import { MAX_NAME_LENGTH } from '@leveret/core';
import { expect, test } from 'vitest';
import { NAMES } from '../../fixtures/names.ts';
import { baseParts, queuePart } from './entities.ts';
import { createNames } from './names.ts';

function allNames(namespace: string, queue: string): readonly string[] {
  const names = createNames(namespace);
  const parts = [...baseParts(names), queuePart(names, queue)];
  return parts
    .flatMap(({ entities }) => entities)
    .flatMap((entity) => (entity.kind === 'binding' ? [entity.from, entity.to] : [entity.name]));
}

test('the names of an application that names no namespace are those of every version before', () => {
  const named = allNames(NAMES.namespace, 'mail');

  for (const name of [
    'leveret.topology.v1',
    'leveret.jobs',
    'leveret.unroutable',
    'leveret.dead',
    'leveret.dead.mail',
    'leveret.events',
    'leveret.events.ledger',
    'leveret.control',
    'leveret.delay.in',
    'leveret.delay.out',
    'leveret.delay.x14',
    'leveret.delay.14.3',
    'leveret.q.mail',
    'leveret.q.mail.high',
    'leveret.q.mail.low',
  ])
    expect(named).toContain(name);
});

test.each([
  ['leveret', 'leveret-2'],
  ['a', 'a-q'],
])('of two namespaces, %s and %s, no name is that of the other', (one, other) => {
  const names = new Set(allNames(one, 'mail'));

  expect(allNames(other, 'mail').filter((name) => names.has(name))).toEqual([]);
});

test('with the longest namespace and the longest queue, every name fits into 255 bytes', () => {
  const longest = 'x'.repeat(MAX_NAME_LENGTH);

  const tooLong = allNames(longest, longest).filter((name) => name.length > 255);

  expect(tooLong).toEqual([]);
});

test('the queue of a name is found in its own namespace alone', () => {
  const names = createNames('shop');

  const found = ['shop.q.mail.high', 'shop.dead.mail', 'shop.dead', 'leveret.q.mail', 'shop2.q.mail'].map(
    names.queueOf,
  );

  expect(found).toEqual(['mail', 'mail', undefined, undefined, undefined]);
});

test.each(['', 'Shop', 'a.b', 'a b', '-a', 'amq', 'ä', 'x'.repeat(101)])(
  '%j is no namespace',
  (namespace) => {
    expect(() => createNames(namespace)).toThrow(RangeError);
  },
);
