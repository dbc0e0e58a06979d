import { expect, test } from 'vitest';
import { PARENT_HEADER, splitParent, withParent } from './parent.ts';

const ID = '0198c0de-1111-7222-8333-0123456789ab';

test('a parent is put into the headers of a message, and taken out again', () => {
  const headers = { traceparent: 't' };

  const sent = withParent(headers, ID);

  expect(sent).toEqual({ traceparent: 't', [PARENT_HEADER]: ID });
  expect(splitParent(sent)).toEqual({ headers, parentId: ID });
});

test('headers without a parent stay as they are', () => {
  const headers = { traceparent: 't' };

  expect(withParent(headers, undefined)).toBe(headers);
  expect(splitParent(headers).headers).toBe(headers);
  expect(splitParent(headers).parentId).toBeUndefined();
});

test.each(['', 'the first', ID.toUpperCase()])('%j is no parent, and no header of the job', (text) => {
  expect(splitParent({ note: 'n', [PARENT_HEADER]: text })).toEqual({
    headers: { note: 'n' },
    parentId: undefined,
  });
});
