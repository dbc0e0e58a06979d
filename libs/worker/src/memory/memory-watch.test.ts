import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createMemoryWatch } from './memory-watch.ts';
import type { ProcessOrigin, ProcessTable } from './process-table.ts';

const MIB = 1_048_576;

interface FakeProcess extends ProcessOrigin {
  residentBytes: number;
}

/** A machine whose processes a test starts by hand: the root of a tree has a group and a session of its own, as a child of the pool has. */
function createMachine() {
  const running = new Map<number, FakeProcess>();
  const killed: number[] = [];
  const read: number[] = [];
  let ticks = 0;
  const processes: ProcessTable = {
    pids: () => [...running.keys()],
    originOf(pid) {
      read.push(pid);
      return running.get(pid);
    },
    residentBytesOf: (pid) => running.get(pid)?.residentBytes ?? 0,
    kill: (pid) => void killed.push(pid),
  };
  return {
    processes,
    killed,
    read,
    start(pid: number, mebibytes: number, origin: Partial<ProcessOrigin> = {}) {
      ticks += 1;
      running.set(pid, {
        pid,
        parentPid: 1,
        groupId: pid,
        sessionId: pid,
        startedAtTicks: ticks,
        ...origin,
        residentBytes: mebibytes * MIB,
      });
    },
    grow(pid: number, mebibytes: number) {
      const found = running.get(pid);
      if (found !== undefined) found.residentBytes = mebibytes * MIB;
    },
    end: (pid: number) => running.delete(pid),
  };
}

/** A tree with the root 100, limited to 700 MiB. */
function watchTree() {
  const clock = createManualClock();
  const machine = createMachine();
  machine.start(100, 80);
  const watch = createMemoryWatch({ clock, processes: machine.processes, limitBytes: 700 * MIB });
  const tree = watch.add(100);
  const exceeded: number[] = [];
  const start = () => tree.start((usedBytes) => exceeded.push(usedBytes / MIB));
  return { clock, machine, watch, tree, start, exceeded };
}

test('a tree is measured while it is started, and over its limit it is reported once', async () => {
  const { clock, machine, start, exceeded } = watchTree();
  start();

  await clock.advance(2_000);
  machine.grow(100, 701);
  await clock.advance(500);
  await clock.advance(5_000);

  expect(exceeded).toEqual([701]);
  expect(clock.pending()).toBe(0);
});

test('between jobs nothing is measured', async () => {
  const { clock, machine, tree, start, exceeded } = watchTree();
  start();
  await clock.advance(1_000);

  tree.stop();
  machine.grow(100, 2_000);
  await clock.advance(60_000);

  expect(exceeded).toEqual([]);
  expect(clock.pending()).toBe(0);
});

test('everything that the root has started counts: its group, its session, and what has left both', async () => {
  const { clock, machine, start, exceeded } = watchTree();
  start();

  machine.start(101, 200, { parentPid: 1, groupId: 100, sessionId: 100 });
  machine.start(102, 200, { parentPid: 1, groupId: 102, sessionId: 100 });
  machine.start(103, 150, { parentPid: 100 });
  machine.start(104, 150, { parentPid: 103 });
  await clock.advance(500);

  expect(exceeded).toEqual([780]);
  expect(machine.killed.sort()).toEqual([102, 103, 104]);
});

test('a child with a lower number than its parent is found as well', async () => {
  const { clock, machine, start, exceeded } = watchTree();
  start();

  machine.start(103, 10, { parentPid: 100 });
  machine.start(7, 650, { parentPid: 103 });
  await clock.advance(500);

  expect(exceeded).toEqual([740]);
});

test('a process that lost its parent is still a member of the tree', async () => {
  const { clock, machine, start, exceeded } = watchTree();
  start();
  machine.start(103, 10, { parentPid: 100 });
  machine.start(104, 10, { parentPid: 103 });
  await clock.advance(500);

  machine.end(103);
  machine.grow(104, 650);
  await clock.advance(500);

  expect(exceeded).toEqual([730]);
});

test('other processes of the machine do not count, and are read once while jobs run', async () => {
  const { clock, machine, start, exceeded } = watchTree();
  machine.start(50, 9_000);
  start();

  await clock.advance(5_000);

  expect(exceeded).toEqual([]);
  expect(machine.killed).toEqual([]);
  expect(machine.read.filter((pid) => pid === 50)).toHaveLength(1);
});

test('a process with the number of one that ended is another process', async () => {
  const { clock, machine, start, exceeded } = watchTree();
  machine.start(103, 10, { parentPid: 100 });
  start();
  await clock.advance(500);

  machine.end(103);
  machine.start(103, 9_000);
  await clock.advance(1_000);

  expect(exceeded).toEqual([]);
  expect(machine.killed).toEqual([]);
});

test('each tree has the limit to itself, and what an idle one left running is found when it has a job again', async () => {
  const { clock, machine, watch, tree, start, exceeded } = watchTree();
  machine.start(200, 80);
  const other = watch.add(200);
  const otherExceeded: number[] = [];
  start();
  machine.start(201, 690, { parentPid: 1, groupId: 200, sessionId: 200 });
  await clock.advance(1_000);

  other.start((usedBytes) => otherExceeded.push(usedBytes / MIB));
  await clock.advance(500);

  expect(otherExceeded).toEqual([770]);
  expect(exceeded).toEqual([]);
  tree.stop();
  other.remove();
  expect(clock.pending()).toBe(0);
});

test('a tree that grows 2 GiB a second is found before it is 100 MiB over its limit', async () => {
  for (const [startMebibytes = 0, heldMs = 0] of [[80], [350], [600, 1_000], [690, 1_000], [699, 1_003]]) {
    const { clock, machine, start, exceeded } = watchTree();
    machine.grow(100, startMebibytes);
    start();
    await clock.advance(heldMs);
    for (let mebibytes = startMebibytes; exceeded.length === 0; mebibytes += 2.048) {
      machine.grow(100, mebibytes);
      await clock.advance(1);
    }

    expect(exceeded[0]).toBeLessThanOrEqual(800 + 3);
  }
});
