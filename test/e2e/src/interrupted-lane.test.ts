import { startApp } from '@leveret/testing/processes';
import { expect, test } from 'vitest';

test('a lane that is interrupted begins nothing else', async () => {
  await using lane = startApp({ entry: 'test/run.mjs', args: ['lint'] });
  await lane.until(/^== /m);

  lane.signal('SIGINT');

  expect(await lane.exited, lane.output()).toEqual({ code: 130, signal: null });
  expect(lane.output().match(/^== /gm)).toHaveLength(1);
});
