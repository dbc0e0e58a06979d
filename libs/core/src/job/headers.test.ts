import { expect, test } from 'vitest';
import { inheritedHeaders, producerHeaders } from './headers.ts';

test('what belongs to the broker and to the wire format is not what a producer sent along', () => {
  const sent = { traceparent: 't', tenant: 'a' };

  expect(producerHeaders(sent)).toBe(sent);
  expect(producerHeaders({ ...sent, 'leveret-history': '[]', 'X-Death': '1', CC: 'k' })).toEqual(sent);
});

test('a child has the headers of its parent, but for those of its own', () => {
  const parent = { traceparent: 't', tenant: 'a', 'leveret-history': '[]' };

  expect(inheritedHeaders(parent)).toEqual({ traceparent: 't', tenant: 'a' });
  expect(inheritedHeaders(parent, { tenant: 'b', note: 'n' })).toEqual({
    traceparent: 't',
    tenant: 'b',
    note: 'n',
  });
});

test('of what a foreign producer sent along, a child has as much as a job may have', () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`h${n}`, 'v']));
  const large = { large: 'v'.repeat(5_000), small: 'v' };

  expect(Object.keys(inheritedHeaders(many, { own: 'v' }))).toHaveLength(16);
  expect(inheritedHeaders(large)).toEqual({ small: 'v' });
});
