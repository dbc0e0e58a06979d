import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createTerminal } from './terminal.ts';
import { createTerminalLogger } from './terminal-logger.ts';

function open({ isTTY }: { readonly isTTY: boolean }) {
  const clock = createManualClock(0);
  const input = Object.assign(new PassThrough(), { isTTY });
  const screen = Object.assign(new PassThrough(), { isTTY });
  const signals = new EventEmitter();
  const terminal = createTerminal({ input, screen, signals, clock });
  return { clock, input, signals, terminal, shown: () => String(screen.read() ?? '') };
}

test('on a terminal, progress is one line that is overwritten, cut to its width, and makes room for other lines', async () => {
  const { terminal, shown } = open({ isTTY: true });

  await terminal.interruptible(async () => {
    terminal.progress('1 of 3');
    terminal.progress('2 of 3');
    terminal.say('a warning');
    terminal.progress('x'.repeat(100));
  });

  expect(shown()).toBe(`1 of 3\r\u001b[K2 of 3\r\u001b[Ka warning\n${'x'.repeat(79)}\r\u001b[K`);
});

test('elsewhere, progress is a line every five seconds', async () => {
  const { terminal, clock, shown } = open({ isTTY: false });

  terminal.progress('1 of 3');
  terminal.progress('2 of 3');
  await clock.advance(5_000);
  terminal.progress('3 of 3');

  expect(terminal.canAsk).toBe(false);
  expect(shown()).toBe('1 of 3\n3 of 3\n');
});

test.each([
  ['y\n', true],
  [' YES \n', true],
  ['n\n', false],
  ['\n', false],
  ['yesterday\n', false],
])('the answer %j is %j', async (answer, isYes) => {
  const { terminal, input, shown } = open({ isTTY: true });
  input.write(answer);

  expect(await terminal.ask('Really?')).toBe(isYes);
  expect(shown()).toContain('Really? [y/N] ');
});

test.each([
  ['Ctrl-C', '\u0003'],
  ['the end of the input', undefined],
])('%s is no', async (_, typed) => {
  const { terminal, input } = open({ isTTY: true });
  if (typed === undefined) input.end();
  else input.write(typed);

  expect(await terminal.ask('Really?')).toBe(false);
});

test('Ctrl-C aborts the work, and is the business of the process before and after it', async () => {
  const { terminal, signals } = open({ isTTY: true });

  const aborted = await terminal.interruptible(async (signal) => {
    signals.emit('SIGINT');
    return [signal.aborted, signals.listenerCount('SIGINT')];
  });

  expect(aborted).toEqual([true, 0]);
  expect(await terminal.interruptible(async (signal) => signal.aborted)).toBe(false);
  expect(signals.listenerCount('SIGINT')).toBe(0);
});

test('a warning is told once, with its error', () => {
  const { terminal, shown } = open({ isTTY: false });
  const logger = createTerminalLogger(terminal);

  logger.info({}, 'fine');
  logger.warn({ error: 'no route', jobId: '1' }, 'cannot publish');
  logger.child({}).error({ error: 'no route', jobId: '2' }, 'cannot publish');
  logger.warn({}, 'late');

  expect(shown()).toBe('cannot publish: no route\nlate\n');
});
