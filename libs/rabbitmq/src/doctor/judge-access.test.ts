import { expect, test } from 'vitest';
import { makePicture, makeSight, makeSights, seen, UNSEEN, wrongs } from '../../fixtures/picture.ts';
import { judgeAccess } from './judge-access.ts';

const ALL = { configure: '.*', write: '.*', read: '.*' };

test.each([
  [{ ...ALL, configure: '' }, ['warning']],
  [{ ...ALL, configure: '^$' }, ['warning']],
  [{ ...ALL, write: '^leveret\\.' }, ['problem']],
  [{ ...ALL, write: '^(leveret\\.|amq\\.default$)' }, []],
  [{ ...ALL, read: '^leveret\\.q\\.' }, ['problem']],
  [{ configure: '', write: '', read: '' }, ['warning', 'problem', 'problem']],
  [{ ...ALL, read: '(?i)leveret' }, ['unknown']],
])('permissions %o: %o', (rights, severities) => {
  const findings = judgeAccess(makePicture({ rights: seen(rights) }));

  expect(findings.map(({ severity }) => severity).filter((severity) => severity !== 'ok')).toEqual(
    severities,
  );
});

test('what is denied is named, with the command that grants it and nothing more', () => {
  const rights = seen({ configure: '', write: '^leveret\\.', read: '.*' });

  const finding = judgeAccess(makePicture({ rights })).find(({ severity }) => severity === 'problem');

  expect(finding?.what).toBe('it may not write amq.default');
  // Who may not configure is not given that besides.
  expect(finding?.fix).toMatch(/^rabbitmqctl set_permissions -p jobs leveret '\^\$' /);
});

test('without the administrator’s view, what was refused tells, and the rest is not known', () => {
  const match = { state: 'refused', said: 'ACCESS_REFUSED' } as const;
  const sights = makeSights({ 'queue leveret.q.mail': makeSight({ match }) });
  const publishing = { state: 'refused', said: 'ACCESS_REFUSED' } as const;

  const findings = judgeAccess(makePicture({ rights: UNSEEN, sights, publishing }));

  expect(wrongs(findings)).toEqual([
    'warning permission leveret',
    'problem permission leveret',
    'unknown permission leveret',
  ]);
});
