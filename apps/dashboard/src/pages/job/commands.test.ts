import { expect, test } from 'vitest';
import { commandsFor } from './commands.ts';

const ID = '0198c0de-77a1-7000-8000-00000000c3f2';

test('commands show the job and do what its state allows', () => {
  const { curl, cli } = commandsFor({ id: ID, state: 'dead' }, 'http://127.0.0.1:3000/v1/admin');

  expect(cli.map(({ command }) => command)).toEqual([
    `leveret jobs show ${ID}`,
    `leveret jobs retry ${ID}`,
    `leveret jobs discard ${ID}`,
  ]);
  expect(curl[1]?.command).toBe(
    `curl -X POST -H "Authorization: Bearer $LEVERET_API_KEY" 'http://127.0.0.1:3000/v1/admin/jobs/${ID}/retry'`,
  );
});
