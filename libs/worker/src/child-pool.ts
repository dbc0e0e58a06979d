import { fileURLToPath } from 'node:url';
import type { AttemptResult, Clock, Logger } from '@leveret/core';
import { type Child, startChild } from './child.ts';
import { childCommand } from './child-command.ts';
import type { HandlerReference } from './child-protocol.ts';
import type { Execution, Executor } from './executor.ts';

/** Jobs after which a child is replaced: a precaution against leaks in native libraries. */
const JOBS_PER_CHILD = 200;
/** Resident memory, in bytes, over which a child is replaced after its job. */
const RECYCLE_RSS_BYTES = 367_001_600;
/** How long a child may go on after its abort before it is killed, in milliseconds: whatever it does, it is gone within 2 s. */
const KILL_AFTER_MS = 1_500;
/** Idle children that are kept where they stand in for the worker: they are needed after a worker died, and seldom else. */
const MAX_IDLE_STANDINS = 2;
/** Memory a child may allocate when nothing else is said, in bytes. */
const DEFAULT_CHILD_MEMORY_BYTES = 734_003_200;

/** What a pool of child processes works with. */
export interface ChildPoolOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The whole environment of the children: nothing secret, usually just PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Memory each child may allocate, in bytes; 700 MiB when left out. */
  readonly memoryBytes?: number;
  /**
   * The children stand in for the worker itself: they have its environment and no limits of their own, and no more than two are kept
   * when they are idle.
   */
  readonly asParent?: boolean;
}

/** Child processes kept warm for handlers that burn CPU or touch hostile bytes: one job each at a time. */
export interface ChildPool {
  /** An executor for one handler. As many children run as jobs are executed at the same time. */
  executor(handler: HandlerReference): Executor;
  /** The same, in a new child for each job, which no other job is ever run by. */
  executorAlone(handler: HandlerReference): Executor;
  /** Kills every child and starts no more; resolves when they are gone. A job that comes later is handed back. */
  close(): Promise<void>;
}

/** Creates a pool. A child is started when a job finds none idle, and replaced after 200 jobs, over 350 MB, or a failure. */
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
  const idle: Child[] = [];
  const alive = new Set<Child>();
  let warned = false;
  let closed = false;

  function start(): Child {
    if (!command.limited && !warned) {
      warned = true;
      logger.warn(
        {},
        'child processes run without memory limits: setpriv and prlimit (util-linux) were not found',
      );
    }
    const child = startChild(command, asParent ? undefined : env);
    alive.add(child);
    const forget = () => {
      alive.delete(child);
      const index = idle.indexOf(child);
      if (index >= 0) idle.splice(index, 1);
    };
    child.gone.then(forget, forget);
    return child;
  }

  /** One that died while it was idle is passed over: no job is charged for it. */
  function takeIdle(): Child | undefined {
    for (let child = idle.pop(); child !== undefined; child = idle.pop()) if (child.usable) return child;
    return undefined;
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
    let isFit = false;
    try {
      const result = await child.run(handler, execution);
      const isWorn = child.jobCount >= JOBS_PER_CHILD || child.rssBytes > RECYCLE_RSS_BYTES;
      const isSound = result.kind !== 'failed' && result.kind !== 'crashed';
      isFit = isSound && !isAlone && !isWorn && !closed && !execution.signal.aborted;
      return result;
    } finally {
      execution.signal.removeEventListener('abort', onAbort);
      cancelKill?.();
      if (isFit && !(asParent && idle.length >= MAX_IDLE_STANDINS)) idle.push(child);
      else child.kill();
    }
  }

  return {
    executor: (handler) => (execution) => execute(handler, execution, false),
    executorAlone: (handler) => (execution) => execute(handler, execution, true),
    async close() {
      closed = true;
      const children = [...alive];
      for (const child of children) child.kill();
      await Promise.all(children.map(({ gone }) => gone));
    },
  };
}
