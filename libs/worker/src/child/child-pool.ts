import { fileURLToPath } from 'node:url';
import { type AttemptResult, type Clock, type Failure, type Logger, toFailure } from '@leveret/core';
import type { Execution, Executor } from '../handler/executor.ts';
import { type HandlerReference, LATE, LOAD_TIMEOUT_MS, notLoaded } from '../handler/load-handler.ts';
import { findMemoryCgroups, type MemoryCgroup } from '../memory/memory-cgroups.ts';
import { createMemoryWatch, type WatchedTree } from '../memory/memory-watch.ts';
import { linuxProcesses } from '../memory/process-table.ts';
import { type Child, startChild } from './child.ts';
import { childCommand } from './child-command.ts';

/** Jobs after which a child is replaced: a precaution against leaks in native libraries. */
const JOBS_PER_CHILD = 200;
/** How long a child may go on after its abort before it is killed, in milliseconds: whatever it does, it is gone within 2 s. */
const KILL_AFTER_MS = 1_500;
/** Idle children that are kept if they stand in for the worker: they are seldom needed, except after a worker died. */
const MAX_IDLE_STANDINS = 2;
/** Resident memory of a child and everything it starts, in bytes, by default. */
const DEFAULT_CHILD_MEMORY_BYTES = 734_003_200;

/** Results after which a child may be in a bad state. */
const UNSOUND: ReadonlySet<AttemptResult['kind']> = new Set(['failed', 'crashed', 'not-understood']);

/** What a pool of child processes works with. */
export interface ChildPoolOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The whole environment of the children: nothing secret, usually just PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Resident memory that each child and everything it starts may use together, in bytes; 700 MiB by default. JavaScript objects may use
   * three quarters of it. A job that uses more is killed and fails with `MEMORY_EXCEEDED`; {@link createMemoryWatch} says how soon. If this process may make control groups, the kernel enforces the limit as well. On
   * systems other than Linux only the JavaScript objects are limited.
   */
  readonly memoryBytes?: number;
  /**
   * The children stand in for the worker itself: they have its environment and no limits of their own, and no more than two are kept
   * when they are idle.
   */
  readonly asParent?: boolean;
}

/** Child processes kept warm for handlers that burn CPU or touch hostile bytes: one job each at a time. */
export interface ChildPool {
  /**
   * Loads a handler in a child, which stays for its first job. Handlers are loaded one after the other, in the same child.
   *
   * @throws {LeveretError} `HANDLER_NOT_LOADED` with the error of the child as its cause, also after 60 s.
   */
  load(handler: HandlerReference): Promise<void>;
  /** An executor for one handler. As many children run as jobs are executed at the same time. */
  executor(handler: HandlerReference): Executor;
  /** The same, with a new child for each job. */
  executorAlone(handler: HandlerReference): Executor;
  /** Kills every child and starts no more; resolves when they are gone. Later jobs are released. */
  close(): Promise<void>;
}

/** Creates a pool. A child is started when a job finds none idle, and replaced after 200 jobs, over half of its memory, or a failure. */
export function createChildPool({
  clock,
  logger,
  env = {},
  memoryBytes = DEFAULT_CHILD_MEMORY_BYTES,
  asParent = false,
}: ChildPoolOptions): ChildPool {
  const entry = new URL(
    import.meta.url.endsWith('.ts') ? './child-main.ts' : './child-main.js',
    import.meta.url,
  );
  const command = childCommand(fileURLToPath(entry), asParent ? undefined : { memoryBytes });
  const memory =
    asParent || linuxProcesses === undefined
      ? undefined
      : createMemoryWatch({ clock, processes: linuxProcesses, limitBytes: memoryBytes });
  const cgroups = asParent ? undefined : findMemoryCgroups(memoryBytes);
  const idle: Child[] = [];
  /** Each with its watched memory, where that has a limit. */
  const alive = new Map<Child, WatchedTree | undefined>();
  let warned = false;
  let closed = false;
  let loads = Promise.resolve();

  function start(): Child {
    if (!command.limited && !warned) {
      warned = true;
      logger.warn(
        {},
        'child processes run without limits of files, and may outlive this one: setpriv and prlimit (util-linux) were not found',
      );
    }
    let cgroup: MemoryCgroup | undefined;
    const child = startChild(command, asParent ? undefined : env, () =>
      cgroup?.hasExceeded() ? memoryExceeded(memoryBytes, memoryBytes) : undefined,
    );
    const tree = child.pid === undefined ? undefined : memory?.add(child.pid);
    cgroup = child.pid === undefined ? undefined : cgroups?.add(child.pid);
    alive.set(child, tree);
    const forget = () => {
      alive.delete(child);
      tree?.remove();
      cgroup?.remove();
      const index = idle.indexOf(child);
      if (index >= 0) idle.splice(index, 1);
    };
    child.gone.then(forget, forget);
    return child;
  }

  /** A child that died while it was idle is skipped: no job is charged for it. */
  function takeIdle(): Child | undefined {
    for (let child = idle.pop(); child !== undefined; child = idle.pop()) if (child.usable) return child;
    return undefined;
  }

  async function load(handler: HandlerReference): Promise<void> {
    if (closed) throw notLoaded(handler, toFailure('HANDLER_NOT_LOADED', 'the worker is stopping'));
    const child = takeIdle() ?? start();
    const late = toFailure('HANDLER_NOT_LOADED', LATE);
    const cancelKill = clock.schedule(LOAD_TIMEOUT_MS, () => child.kill(late));
    const failure = await child.load(handler, logger);
    cancelKill();
    if (failure === undefined && !closed) idle.push(child);
    else child.kill();
    if (failure !== undefined) throw notLoaded(handler, failure);
  }

  async function execute(
    handler: HandlerReference,
    execution: Execution,
    isAlone: boolean,
  ): Promise<AttemptResult> {
    if (closed) return { kind: 'handed-back' };
    const child = (isAlone ? undefined : takeIdle()) ?? start();
    let cancelKill: (() => void) | undefined;
    const onAbort = () => {
      cancelKill = clock.schedule(KILL_AFTER_MS, () => child.kill());
    };
    execution.signal.addEventListener('abort', onAbort, { once: true });
    const tree = alive.get(child);
    tree?.start((usedBytes) => child.kill(memoryExceeded(usedBytes, memoryBytes)));
    let isFit = false;
    try {
      const result = await child.run(handler, execution);
      const isWorn = child.jobCount >= JOBS_PER_CHILD || child.rssBytes > memoryBytes / 2;
      const isSound = !UNSOUND.has(result.kind);
      isFit = isSound && !isAlone && !isWorn && !closed && !execution.signal.aborted;
      return result;
    } finally {
      execution.signal.removeEventListener('abort', onAbort);
      cancelKill?.();
      tree?.stop();
      if (isFit && !(asParent && idle.length >= MAX_IDLE_STANDINS)) idle.push(child);
      else child.kill();
    }
  }

  return {
    load(handler) {
      const loading = loads.then(() => load(handler));
      loads = loading.catch(() => undefined);
      return loading;
    },
    executor: (handler) => (execution) => execute(handler, execution, false),
    executorAlone: (handler) => (execution) => execute(handler, execution, true),
    async close() {
      closed = true;
      const children = [...alive.keys()];
      for (const child of children) child.kill();
      await Promise.all(children.map(({ gone }) => gone));
    },
  };
}

function memoryExceeded(usedBytes: number, limitBytes: number): Failure {
  const words = `the handler and the processes that it started used ${toMebibytes(usedBytes)} MiB of memory, the limit is ${toMebibytes(limitBytes)} MiB`;
  return toFailure('MEMORY_EXCEEDED', words);
}

function toMebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
