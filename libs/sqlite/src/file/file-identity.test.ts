import { copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FileReplaced, rememberFile } from './file-identity.ts';

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'leveret-identity-'));
  const file = join(folder, 'x.db');
  const log = `${file}-wal`;
  writeFileSync(file, 'file');
  writeFileSync(log, 'log');
  const identity = rememberFile(file);
  onTestFinished(() => {
    identity.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { file, log, identity };
}

test('what was opened and only written to passes', () => {
  const { log, identity } = setUp();
  writeFileSync(log, 'more log');
  expect(() => identity.check()).not.toThrow();
});

test.each([
  ['file', 'the file'],
  ['log', 'its -wal file'],
] as const)(
  'a %s that was deleted, moved or replaced does not pass, and passes when it is back',
  (which, words) => {
    const { identity, ...paths } = setUp();
    const path = paths[which];
    const kept = `${path}.kept`;

    renameSync(path, kept);
    expect(() => identity.check()).toThrow(`${words} is gone`);
    copyFileSync(kept, path);
    expect(() => identity.check()).toThrow(`${words} was replaced`);
    renameSync(kept, path);
    expect(() => identity.check()).not.toThrow();
    rmSync(path);
    expect(() => identity.check()).toThrow(FileReplaced);
  },
);

test('a log that was deleted is lost while the file is there', () => {
  const { file, log, identity } = setUp();
  expect(identity.hasLostLog()).toBe(false);
  rmSync(log);
  expect(identity.hasLostLog()).toBe(true);
  rmSync(file);
  expect(identity.hasLostLog()).toBe(false);
});

test('a file without a log passes until it gets one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leveret-identity-'));
  const file = join(folder, 'x.db');
  writeFileSync(file, 'file');
  const identity = rememberFile(file);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));

  expect(() => identity.check()).not.toThrow();
  writeFileSync(`${file}-wal`, 'log');
  expect(() => identity.check()).toThrow(FileReplaced);
});

test('a file that cannot be looked at does not pass, and passes when it can be', () => {
  const { file, identity } = setUp();
  const folder = dirname(file);

  renameSync(folder, `${folder}.kept`);
  symlinkSync(folder, folder);
  expect(() => identity.check()).toThrow(FileReplaced);
  rmSync(folder);
  renameSync(`${folder}.kept`, folder);

  expect(() => identity.check()).not.toThrow();
});
