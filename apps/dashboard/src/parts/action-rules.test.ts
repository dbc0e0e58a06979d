import { verbsOf } from '@leveret/http-contract/verbs';
import { expect, test } from 'vitest';
import { whyNotPossible } from './action-rules.ts';

test('an action is possible when one of the jobs is in a state that it is for', () => {
  expect(whyNotPossible('retry', ['running', 'dead'], { verbs: [...verbsOf('operator')] })).toBeUndefined();
});

test('an action that no state allows says which states it is for', () => {
  expect(whyNotPossible('discard', ['running'], { verbs: [...verbsOf('admin')] })).toBe(
    'Discard is for jobs that are dead.',
  );
});

test('an action that the role forbids names the verb that is missing', () => {
  expect(whyNotPossible('cancel', ['queued'], { verbs: [...verbsOf('viewer')] })).toBe(
    'Your account lacks jobs:cancel: an admin can change its role.',
  );
});

test('while the ledger is away, an action does not blame the account', () => {
  expect(whyNotPossible('cancel', ['queued'], { verbs: ['jobs:read'], isLedgerAway: true })).toBe(
    'The ledger is away: this is possible again when it is back.',
  );
});
