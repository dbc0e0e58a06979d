import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type CgroupSystem, findMemoryCgroups } from './memory-cgroups.ts';

const NOBODY = 65_534;

/** A folder that stands in for the kernel's: this process is in `/service/worker`, and `/service` is delegated to its user. */
function createSystem(own = '0::/service/worker\n', controllers = 'cpu memory pids\n') {
  const root = mkdtempSync(join(tmpdir(), 'leveret-cgroup-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const service = join(root, 'service');
  mkdirSync(join(service, 'worker'), { recursive: true });
  writeFileSync(join(service, 'cgroup.procs'), '');
  writeFileSync(join(service, 'cgroup.subtree_control'), controllers);
  const selfFile = join(root, 'self');
  writeFileSync(selfFile, own);
  // Tests may run as root, who is given no groups.
  if (process.getuid?.() === 0) chownSync(service, NOBODY, NOBODY);
  const system: CgroupSystem = { selfFile, root, userId: statSync(service).uid };
  return { service, system };
}

test('a process is moved into a group of its own with the limit, which says when the kernel ended it', () => {
  const { service, system } = createSystem();

  const cgroup = findMemoryCgroups(734_003_200, system)?.add(4_711);

  const path = join(service, `leveret-${process.pid}-4711`);
  const written = ['memory.max', 'memory.oom.group', 'cgroup.procs'].map((name) =>
    readFileSync(join(path, name), 'utf8'),
  );
  expect(written).toEqual(['734003200', '1', '4711']);
  expect(cgroup?.hasExceeded()).toBe(false);
  writeFileSync(join(path, 'memory.events'), 'low 0\nmax 3\noom 1\noom_kill 0\n');
  expect(cgroup?.hasExceeded()).toBe(false);
  writeFileSync(join(path, 'memory.events'), 'low 0\nmax 9\noom 1\noom_kill 2\noom_group_kill 1\n');
  expect(cgroup?.hasExceeded()).toBe(true);
});

test('a group whose processes are still ending is deleted later', () => {
  const { service, system } = createSystem();
  const cgroups = findMemoryCgroups(1, system);
  const [first, second] = [cgroups?.add(1), cgroups?.add(2)];

  first?.remove();
  expect(groupsIn(service)).toHaveLength(2);
  for (const name of groupsIn(service)) empty(join(service, name));
  second?.remove();

  // A real group has files that nobody can delete: the stand-in gets one more by the last order to kill.
  expect(groupsIn(service)).toEqual([`leveret-${process.pid}-2`]);
});

function groupsIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith('leveret-'));
}

function empty(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

test.each([
  ['this process is in the topmost group', '0::/\n', 'memory\n'],
  ['the system has version 1 alone', '4:memory:/service/worker\n', 'memory\n'],
  ['memory was not delegated', '0::/service/worker\n', 'cpu pids\n'],
])('no groups are made where %s', (_case, own, controllers) => {
  const { system } = createSystem(own, controllers);

  expect(findMemoryCgroups(1, system)).toBeUndefined();
});

test('no groups are made by root, nor beside the groups of another user', () => {
  const { system } = createSystem();

  expect(findMemoryCgroups(1, { ...system, userId: 0 })).toBeUndefined();
  expect(findMemoryCgroups(1, { ...system, userId: NOBODY - 1 })).toBeUndefined();
});
