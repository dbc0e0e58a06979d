import { expect, test } from 'vitest';
import { loadApiConfig } from './config.ts';

const env = { LEVERET_AMQP_URL: 'embedded:', LEVERET_STORE_URL: './data/leveret.db' };

test('what stands on the command line is refused, not passed over', () => {
  expect(() => loadApiConfig(env, ['--port=8080'])).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('--port=8080') }),
  );
  expect(loadApiConfig(env, [])).toMatchObject({ host: '127.0.0.1', port: 3_000 });
});

test('other machines may reach it only with keys', () => {
  expect(() => loadApiConfig({ ...env, HOST: '0.0.0.0' }, [])).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  );
  const keyed = { ...env, HOST: '0.0.0.0', LEVERET_API_KEYS: 'k'.repeat(16) };
  expect(loadApiConfig(keyed, [])).toMatchObject({ apiKeys: ['k'.repeat(16)] });
});

test('jobs are kept as the rules of the setting say, and there are no others', () => {
  const rule = {
    kind: { name: 'video.thumbnails', isPrefix: false },
    state: 'succeeded',
    keepMs: 86_400_000,
  };

  expect(loadApiConfig(env, []).retention).toEqual([]);
  expect(loadApiConfig({ ...env, LEVERET_RETENTION: 'video.thumbnails:succeeded=1d' }, []).retention).toEqual(
    [rule],
  );
});
