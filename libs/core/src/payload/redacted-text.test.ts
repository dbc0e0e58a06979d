import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../json/json.ts';
import { redactText } from './redacted-text.ts';
import { redactJob } from './redaction.ts';

test('all but the redacted values stays as it is written', () => {
  const text = '{ "card" : {"number":4111, "cvc":"1\\"2"},\n"total": 12345678901234567890.10, "n":1e400 }';

  expect(redactText(text, ['card.cvc'])).toBe(text.replace('"1\\"2"', '"[redacted]"'));
  expect(redactText(text, ['card', 'card.cvc'])).toBe(
    '{ "card" : "[redacted]",\n"total": 12345678901234567890.10, "n":1e400 }',
  );
  expect(redactText(text, ['total', 'none'])).toBe(text.replace('12345678901234567890.10', '"[redacted]"'));
});

test('a name that is written with escapes, and one that is there twice, are redacted', () => {
  expect(redactText('{"\\u0061":1,"a":2,"a\\\\":3}', ['a'])).toBe(
    '{"\\u0061":"[redacted]","a":"[redacted]","a\\\\":3}',
  );
});

test('items are redacted by their place, and all of them by *', () => {
  const text = '[{"a":[1,2]},[],{"a":[3]}]';

  expect(redactText(text, ['*.a.0'])).toBe('[{"a":["[redacted]",2]},[],{"a":["[redacted]"]}]');
  expect(redactText(text, ['1'])).toBe('[{"a":[1,2]},"[redacted]",{"a":[3]}]');
  expect(redactText(text, ['*'])).toBe('["[redacted]","[redacted]","[redacted]"]');
});

test('deep nesting is no problem', () => {
  const text = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;

  expect(redactText(text, [`${'*.a.'.repeat(3)}x`])).toBe(text);
  expect(redactText(text, ['0.a'])).toBe('[{"a":"[redacted]"}]');
});

test('it redacts the same values as redactJob', () => {
  const name = fc.constantFrom('a', 'b', '0', '1', '"', '\\', '__proto__');
  const path = fc
    .array(fc.oneof(name, fc.constant('*')), { minLength: 1, maxLength: 4 })
    .map((steps) => steps.join('.'));
  const { data } = fc.letrec<{ data: Json }>((tie) => ({
    data: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.constant('"\\')),
      fc.array(tie('data'), { maxLength: 3 }),
      fc.dictionary(name, tie('data'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(data, fc.array(path, { maxLength: 3 }), fc.boolean(), (payload, redact, isWide) => {
      const text = JSON.stringify(payload, null, isWide ? 2 : 0);

      const shown: unknown = JSON.parse(redactText(text, redact));

      expect(shown).toEqual(redactJob({ payload: JSON.parse(text) as Json, redact }).payload);
    }),
  );
});
