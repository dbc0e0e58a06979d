import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { type Logger, silentLogger } from './logger.ts';
import { toLogger } from './safe-logger.ts';
import { stderrLogger } from './stderr-logger.ts';

let written: MockInstance<typeof console.error>;

beforeEach(() => {
  written = vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

afterEach(() => {
  written.mockRestore();
});

function onStderr(): readonly string[] {
  return written.mock.calls.map(([line]) => String(line).split('\n')[0]?.slice(25) ?? '');
}

/** Writes a line of each level, and one of a child. */
function writeAll(logger: Logger): void {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({ n: 1 }, level);
  logger.child({ jobId: 'j' }).warn({}, 'child');
}

const trap = () => {
  throw new Error('pipe closed');
};

test('what is given none writes to standard error; what is given one writes to that', () => {
  const lines: unknown[] = [];
  const note = (fields: unknown, message: string) => lines.push([fields, message]);
  const own = { debug: note, info: note, warn: note, error: note, child: () => own } as unknown as Logger;

  expect(toLogger(undefined)).toBe(stderrLogger);
  expect(toLogger(silentLogger)).toBe(silentLogger);
  writeAll(toLogger(own));

  expect(lines.length).toBe(5);
  expect(onStderr()).toEqual([]);
});

test('a logger that throws harms nobody, and is reported once', () => {
  const logger = toLogger({
    debug: trap,
    info: trap,
    warn: trap,
    error: trap,
    child: trap,
  } as unknown as Logger);

  writeAll(logger);
  writeAll(logger.child({}));

  expect(onStderr()).toEqual([
    'ERROR the logger failed: lines of the log may be missing error="pipe closed"',
  ]);
});

test('a logger whose lines are written later, and fail, harms nobody', async () => {
  const later = { ...silentLogger, warn: () => Promise.reject(new Error('pipe closed')) };
  const logger = toLogger(later as unknown as Logger);

  logger.warn({}, 'w');
  await new Promise((resolve) => setImmediate(resolve));

  expect(onStderr().length).toBe(1);
});

test('what a logger lacks goes to standard error, and a child of one that makes none has its fields', () => {
  const lines: unknown[] = [];
  const logger = toLogger({ warn: (...line: unknown[]) => lines.push(line) } as unknown as Logger);

  writeAll(logger);

  expect(lines).toEqual([
    [{ n: 1 }, 'warn'],
    [{ jobId: 'j' }, 'child'],
  ]);
  expect(onStderr()).toEqual(['ERROR error n=1']);
});

test('a logger is made safe once', () => {
  const safe = toLogger({ ...silentLogger });

  expect(toLogger(safe)).toBe(safe);
});
