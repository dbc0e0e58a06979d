import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { linuxProcesses, parseResidentBytes, parseStat } from './process-table.ts';

test('the name of a program may hold anything', () => {
  const text =
    '42 (a) R 7 (b) S 40 41 39 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000 25 18446744073709551615\n';

  expect(parseStat(42, text)).toEqual({
    pid: 42,
    parentPid: 40,
    groupId: 41,
    sessionId: 39,
    startedAtTicks: 987_654,
  });
});

test('a process that has ended and waits for its parent uses no memory', () => {
  expect(parseResidentBytes('Name:\tnode\nVmHWM:\t  9000 kB\nVmRSS:\t   4096 kB\n')).toBe(4_194_304);
  expect(parseResidentBytes('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
});

test.runIf(process.platform === 'linux')('the table shows the processes of this machine', async () => {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  const pid = child.pid ?? 0;

  expect(linuxProcesses?.pids()).toContain(pid);
  expect(linuxProcesses?.originOf(pid)).toMatchObject({
    pid,
    parentPid: process.pid,
    groupId: pid,
    sessionId: pid,
  });
  expect(linuxProcesses?.residentBytesOf(process.pid)).toBeGreaterThan(10_000_000);
  linuxProcesses?.kill(pid);
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  expect(linuxProcesses?.originOf(pid)).toBeUndefined();
  expect(linuxProcesses?.residentBytesOf(pid)).toBe(0);
});
