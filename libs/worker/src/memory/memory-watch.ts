import type { Cancel, Clock } from '@leveret/core';
import type { ProcessOrigin, ProcessTable } from './process-table.ts';

/** Bytes per second by which one process can grow: it has to write each new page once. */
const GROWTH_BYTES_PER_SECOND = 2_147_483_648;
/** Shortest time between two measurements, in milliseconds. */
const MIN_INTERVAL_MS = 50;
/** Longest time between two measurements, in milliseconds. */
const MAX_INTERVAL_MS = 500;

/** Measures the memory of process trees. */
export interface MemoryWatch {
  /** Adds the tree of a process that has just started. It is not measured yet. */
  add(rootPid: number): WatchedTree;
}

/** A process, and everything that it has started. */
export interface WatchedTree {
  /**
   * Starts measuring a tree that uses up to half of the limit. `onExceeded` is called once, with the resident memory that was found, when it is over the limit; it must kill the
   * process group of the root. Processes of the tree in other groups are killed already then.
   */
  start(onExceeded: (usedBytes: number) => void): void;
  /** Stops measuring. Safe to call twice. */
  stop(): void;
  /** Forgets the tree: its root is gone. */
  remove(): void;
}

/** What a watch works with. */
export interface MemoryWatchOptions {
  readonly clock: Clock;
  readonly processes: ProcessTable;
  /** Resident memory that each tree may use. */
  readonly limitBytes: number;
}

/**
 * Creates a watch. It measures while one of its trees is started, and does nothing between jobs.
 *
 * A tree is its root and every process that shares the group or session of the root, or has a parent in the tree, or once had one: a
 * detached process belongs to it as well. One that leaves the session and loses its parent between two measurements escapes.
 * The resident memory of the processes is added up: pages that several of them share count for each.
 *
 * The next measurement comes when the fullest tree could reach the limit by growing 2 GiB a second, but not before 50 ms and at the latest
 * after 500 ms. So a tree that grows no faster is found before it is 100 MiB over the limit. A tree that fills several processors can grow
 * faster, and a busy event loop of this process measures later: then it is over the limit by what it can write meanwhile.
 */
export function createMemoryWatch(options: MemoryWatchOptions): MemoryWatch {
  return new ClockedMemoryWatch(options);
}

class ClockedMemoryWatch implements MemoryWatch {
  readonly #options: MemoryWatchOptions;
  readonly #trees = new Set<ProcessTree>();
  /** Processes outside of all trees. None of them can join a tree later, so each is read once. */
  #strangers: ReadonlySet<number> = new Set();
  #dueAt = Number.POSITIVE_INFINITY;
  #cancelTimer: Cancel = () => undefined;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
  }

  add(rootPid: number): WatchedTree {
    const tree = new ProcessTree(rootPid, this.#options.processes);
    this.#trees.add(tree);
    const stop = () => {
      tree.onExceeded = undefined;
      if (![...this.#trees].some(({ isMeasured }) => isMeasured)) this.#rest();
    };
    return {
      start: (onExceeded) => {
        tree.onExceeded = onExceeded;
        this.#measureWithin(intervalMs(this.#options.limitBytes / 2));
      },
      stop,
      remove: () => {
        this.#trees.delete(tree);
        stop();
      },
    };
  }

  #rest(): void {
    this.#cancelTimer();
    this.#dueAt = Number.POSITIVE_INFINITY;
    // The kernel uses pids again.
    this.#strangers = new Set();
  }

  #measureWithin(delayMs: number): void {
    const { clock } = this.#options;
    const dueAt = clock.monotonic() + delayMs;
    if (dueAt >= this.#dueAt) return;
    this.#cancelTimer();
    this.#dueAt = dueAt;
    this.#cancelTimer = clock.schedule(delayMs, () => this.#measure());
  }

  #measure(): void {
    const { limitBytes } = this.#options;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#findMembers();
    for (const tree of [...this.#trees].filter(({ isMeasured }) => isMeasured)) {
      const usedBytes = tree.usedBytes();
      if (usedBytes > limitBytes) tree.exceed(usedBytes);
      else this.#measureWithin(intervalMs(limitBytes - usedBytes));
    }
  }

  #findMembers(): void {
    const { processes } = this.#options;
    const trees = [...this.#trees];
    const strangers = new Set<number>();
    const found: ProcessOrigin[] = [];
    for (const pid of processes.pids()) {
      if (trees.some((tree) => tree.has(pid))) continue;
      const origin = this.#strangers.has(pid) ? undefined : processes.originOf(pid);
      if (origin === undefined) strangers.add(pid);
      else found.push(origin);
    }
    // Parents before their children.
    found.sort((a, b) => a.startedAtTicks - b.startedAtTicks);
    for (const origin of found) if (!trees.some((tree) => tree.takeIn(origin))) strangers.add(origin.pid);
    this.#strangers = strangers;
  }
}

class ProcessTree {
  onExceeded: ((usedBytes: number) => void) | undefined;
  readonly #rootPid: number;
  readonly #processes: ProcessTable;
  readonly #members = new Map<number, ProcessOrigin>();

  constructor(rootPid: number, processes: ProcessTable) {
    this.#rootPid = rootPid;
    this.#processes = processes;
  }

  get isMeasured(): boolean {
    return this.onExceeded !== undefined;
  }

  has(pid: number): boolean {
    return this.#members.has(pid);
  }

  /** Whether the process belongs to the tree; then it is a member from now on. */
  takeIn(origin: ProcessOrigin): boolean {
    const { pid, parentPid, groupId, sessionId } = origin;
    const belongs = [pid, groupId, sessionId].includes(this.#rootPid) || this.#members.has(parentPid);
    if (belongs) this.#members.set(pid, origin);
    return belongs;
  }

  usedBytes(): number {
    let usedBytes = 0;
    for (const [pid, { startedAtTicks }] of this.#members) {
      const origin = this.#processes.originOf(pid);
      if (origin?.startedAtTicks === startedAtTicks) {
        this.#members.set(pid, origin);
        usedBytes += this.#processes.residentBytesOf(pid);
      } else this.#members.delete(pid);
    }
    return usedBytes;
  }

  exceed(usedBytes: number): void {
    for (const { pid, groupId } of this.#members.values())
      if (groupId !== this.#rootPid) this.#processes.kill(pid);
    const { onExceeded } = this;
    this.onExceeded = undefined;
    onExceeded?.(usedBytes);
  }
}

/** Milliseconds in which `leftBytes` can be used up. */
function intervalMs(leftBytes: number): number {
  const fillMs = (leftBytes / GROWTH_BYTES_PER_SECOND) * 1_000;
  return Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, fillMs));
}
