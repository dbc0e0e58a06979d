import { expect, test } from 'vitest';
import { parseCommand } from './command.ts';

test('a command is read with all its fields, known or not', () => {
  const command = { type: 'reload', version: 2, jobId: 'a', more: { than: ['we', 'know'] } };

  expect(parseCommand(JSON.stringify(command))).toEqual(command);
});

test.each([
  '',
  'null',
  '7',
  '[]',
  '{}',
  '{"type":"reload"}',
  '{"type":7,"version":1}',
  '{"type":"a","version":0}',
])('%s is no command', (text) => {
  expect(parseCommand(text)).toBeUndefined();
});
