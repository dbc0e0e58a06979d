import { verbsOf } from '@leveret/http-contract/verbs';
import { expect, test } from 'vitest';
import { whyNotPossible } from './action-rules.ts';

test('an action is possible when one of the jobs is in a state that it is for', () => {
  expect(whyNotPossible('retry', ['running', 'dead'], verbsOf('operator'))).toBeUndefined();
});

test('an action that no state allows says which states it is for', () => {
  expect(whyNotPossible('discard', ['running'], verbsOf('admin'))).toBe('Discard is for jobs that are dead.');
});

test('an action that the role forbids names the verb that is missing', () => {
  expect(whyNotPossible('cancel', ['queued'], verbsOf('viewer'))).toBe(
    'Your account lacks jobs:cancel: an admin can change its role.',
  );
});
