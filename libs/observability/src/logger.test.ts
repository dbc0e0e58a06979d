import { expect, test } from 'vitest';
import { createLogger, type LogLevel } from './logger.ts';

function startLogger(level: LogLevel = 'info') {
  const lines: string[] = [];
  const logger = createLogger({
    level,
    name: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

test('a line is one JSON object with level, name, fields and an ISO time', () => {
  const { logger, lines, last } = startLogger();

  logger.child({ queue: 'mail' }).info({ jobId: 'a-1' }, 'done\nand said');

  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toContain('\n');
  expect(last()).toMatchObject({
    level: 'info',
    name: 'test',
    queue: 'mail',
    jobId: 'a-1',
    msg: 'done\nand said',
  });
  expect(last()['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('fields that hold secrets are not written', () => {
  const { logger, lines } = startLogger();

  logger.warn(
    { authorization: 'Bearer s3cret', headers: { authorization: 'Bearer s3cret', cookie: 's3cret' } },
    'a',
  );
  logger.warn({ config: { apiKey: 's3cret', password: 's3cret' }, payload: { text: 's3cret' } }, 'b');

  expect(lines.join('')).not.toContain('s3cret');
  expect(lines.join('')).toContain('[redacted]');
});

test('user and password of a URL are not written, in whatever words they stand', () => {
  const { logger, lines } = startLogger();

  logger.error(
    { error: 'cannot connect to amqp://leveret:s3c:r3t@broker:5672/jobs' },
    'see smtp://u:s3cret@mail',
  );

  expect(lines.join('')).not.toMatch(/s3c/);
  expect(lines.join('')).toContain('amqp://[redacted]@broker:5672/jobs');
});

test('a token that stands alone before the host of a URL is not written', () => {
  const { logger, lines } = startLogger();

  logger.error({ url: 'https://s3cret@registry.example/a?mail=ann@example.com' }, 'see smtp://s3cret@mail');

  expect(lines.join('')).not.toContain('s3cret');
  expect(lines.join('')).toContain('/a?mail=ann@example.com');
});

test('O-03 characters that would steer a terminal or break a line are written as escapes, and read as they were', () => {
  const { logger, lines, last } = startLogger();
  const text = 'a\u001b[2J\u009b31m\u007f\u0085\u2028\u2029b';

  logger.warn({ reason: text }, text);

  expect(lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  expect(last()).toMatchObject({ reason: text, msg: text });
});

test('what is below the level is not written, and silent writes nothing', () => {
  const warn = startLogger('warn');
  const silent = startLogger('silent');

  warn.logger.info({}, 'not this');
  warn.logger.warn({}, 'but this');
  silent.logger.error({}, 'nothing');

  expect(warn.lines).toHaveLength(1);
  expect(silent.lines).toHaveLength(0);
});
