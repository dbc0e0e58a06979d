import { expect, test } from 'vitest';
import { createClosingSteps } from './closing-steps.ts';

test('the newest is closed first, and each once', async () => {
  const closed: string[] = [];
  const closing = createClosingSteps();
  for (const name of ['database', 'broker']) closing.add(async () => void closed.push(name));

  await closing.run();
  await closing.run();

  expect(closed).toEqual(['broker', 'database']);
});

test('a step that fails keeps none of the others open, and is told at the end', async () => {
  const closed: string[] = [];
  const closing = createClosingSteps();
  closing.add(async () => void closed.push('folder'));
  closing.add(
    async () => void closed.push('worker'),
    () => Promise.reject(new Error('the server is stuck')),
  );

  await expect(closing.run()).rejects.toThrow('the server is stuck');
  expect(closed).toEqual(['worker', 'folder']);
});

test('when opening fails, what was opened is closed, and the error is that of opening', async () => {
  const closed: string[] = [];
  const closing = createClosingSteps();

  const opening = closing.attempt(async () => {
    closing.add(async () => void closed.push('database'));
    closing.add(() => Promise.reject(new Error('the broker is stuck')));
    throw new Error('no permission');
  });

  await expect(opening).rejects.toThrow('no permission');
  expect(closed).toEqual(['database']);
  expect(await closing.attempt(async () => 'opened')).toBe('opened');
});

test('what is closed side by side begins at the same time', async () => {
  const begun: string[] = [];
  let end: () => void = () => undefined;
  const closing = createClosingSteps();
  closing.add(
    () => {
      begun.push('api');
      return new Promise((resolve) => {
        end = resolve;
      });
    },
    async () => void begun.push('worker'),
  );

  const closed = closing.run();

  expect(begun).toEqual(['api', 'worker']);
  end();
  await closed;
});
