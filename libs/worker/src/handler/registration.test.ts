import { pathToFileURL } from 'node:url';
import { defineJob } from '@leveret/core';
import { expect, test } from 'vitest';
import { handleByModule } from './registration.ts';

const job = defineJob({
  kind: 'k',
  queue: 'q',
  payload: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
});

function moduleOf(module: string | URL): string {
  return handleByModule(job, { module, factory: 'create', options: null, isolation: 'process' }).module;
}

test('a module is given as a URL, as the text of one, or as an absolute path', () => {
  const url = new URL('./handler.js', import.meta.url);

  expect(moduleOf(url)).toBe(url.href);
  expect(moduleOf(url.href)).toBe(url.href);
  expect(moduleOf('/srv/my app/handler.js')).toBe(pathToFileURL('/srv/my app/handler.js').href);
});

test.each(['./handler.js', '../handler.js', 'handler.js', '@scope/package/handler', ''])(
  'a path that is relative to nothing is refused with a hint: %j',
  (module) => {
    expect(() => moduleOf(module)).toThrow(TypeError);
    expect(() => moduleOf(module)).toThrow(/use new URL\('\.\/handler\.js', import\.meta\.url\)/);
  },
);
