import { type ChildProcess, fork } from 'node:child_process';
import { type Cancel, type Clock, type Logger, messageOf, systemClock } from '@leveret/core';

/** A guard that dies within this time, in milliseconds, has died again: the pause before the next start doubles, from the first to the longest. */
const STEADY_MS = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** What the guard is asked for. */
export interface ToGuard {
  readonly ask: number;
  readonly operation: 'guard' | 'release';
  readonly file: string;
}

/** How that went. */
export interface FromGuard {
  readonly ask: number;
  readonly failure?: string;
}

/** A file that is guarded. */
export interface FileGuard {
  /** Ends the guard of this opening: to be called after the file was closed. Never rejects. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Keeps SQLite's lock on `file` in a process of its own. POSIX takes all locks of a process on a file away as soon as any code of this
 * process closes the file: another SQLite library or `fs.readFile` for example. Then the next process that closes the file believes that
 * it is the last, and deletes the write-ahead log under the others (ADR 20). No code of this process can take the guard's lock away.
 *
 * One guard serves all files. It ends with this process, whatever ends that, and it is started again when it dies: immediately, and after a pause
 * of up to a minute if it dies again and again. The promise resolves also when there is no guard: then that was logged.
 */
export async function guardFile(file: string, logger: Logger): Promise<FileGuard> {
  await guards.add(file, logger);
  let releasing: Promise<void> | undefined;
  return {
    release() {
      releasing ??= guards.remove(file, logger);
      return releasing;
    },
  };
}

/** A file that this process has open, once or more. */
interface Opening {
  count: number;
  readonly logger: Logger;
}

/** The guard of all files that this process has open. One for each process is enough. */
export class Guards {
  private child: ChildProcess | undefined;
  private startedAt = 0;
  /** The pause before the next start, if the guard dies again. */
  private pauseMs = 0;
  private cancelStart: Cancel | undefined;
  /** Where no guard can be started at all, it is not tried again. */
  private hasAnswered = false;
  private readonly openings = new Map<string, Opening>();
  private readonly waiting = new Map<number, (failure: string | undefined) => void>();
  private askCount = 0;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Guards a file, until {@link remove} was called as often. Resolves when it is guarded, or that was not possible and is logged. */
  async add(file: string, logger: Logger): Promise<void> {
    const opening = this.openings.get(file) ?? { count: 0, logger };
    opening.count += 1;
    this.openings.set(file, opening);
    if (opening.count === 1) await this.guard(file, logger);
  }

  /** Ends what {@link add} began. Never rejects. */
  async remove(file: string, logger: Logger): Promise<void> {
    const opening = this.openings.get(file);
    if (opening === undefined) return;
    opening.count -= 1;
    if (opening.count > 0) return;
    this.openings.delete(file);
    if (this.openings.size === 0) this.cancelStart?.();
    try {
      if (this.child !== undefined) await this.ask(this.child, 'release', file);
    } catch (error) {
      logger.warn({ file, error: messageOf(error) }, 'the guard of the database file could not be ended');
    }
  }

  /** Whether the file is guarded now; if not, that is logged. */
  private async guard(file: string, logger: Logger): Promise<boolean> {
    try {
      if (this.cancelStart !== undefined) throw new Error('the guard has died and is not started again yet');
      this.child ??= this.start();
      await this.ask(this.child, 'guard', file);
      return true;
    } catch (error) {
      logger.warn(
        { file, error: messageOf(error) },
        'the database file has no guard: do not open it by other means in this process',
      );
      return false;
    }
  }

  /** While an answer is awaited, this process goes on; else the guard keeps no process alive. */
  private ask(child: ChildProcess, operation: ToGuard['operation'], file: string): Promise<void> {
    this.askCount += 1;
    const message: ToGuard = { ask: this.askCount, operation, file };
    child.ref();
    child.channel?.ref();
    return new Promise((resolve, reject) => {
      this.waiting.set(message.ask, (failure) => {
        if (failure === undefined) resolve();
        else reject(new Error(failure));
      });
      child.send(message, (error) => {
        if (error !== null) this.answered(child, { ask: message.ask, failure: messageOf(error) });
      });
    });
  }

  private answered(child: ChildProcess, { ask, failure }: FromGuard): void {
    this.waiting.get(ask)?.(failure);
    this.waiting.delete(ask);
    if (this.waiting.size > 0) return;
    child.unref();
    child.channel?.unref();
  }

  private start(): ChildProcess {
    const isSource = import.meta.url.endsWith('.ts');
    const entry = new URL(isSource ? './file-guard-process.ts' : './file-guard-process.js', import.meta.url);
    // Sources are loaded as this process loads them. Built code needs no options, and no debugger.
    const execArgv = isSource ? process.execArgv : [];
    const child = fork(entry, { execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.startedAt = this.clock.monotonic();
    child.on('message', (reply: FromGuard) => {
      this.hasAnswered = true;
      this.answered(child, reply);
    });
    child.on('error', (error) => this.gone(child, messageOf(error)));
    child.on('exit', (code, signal) => {
      this.gone(child, `it ended (${signal ?? code})`);
      if (this.hasAnswered) this.startLater();
    });
    return child;
  }

  private gone(child: ChildProcess, reason: string): void {
    if (this.child === child) this.child = undefined;
    for (const ask of [...this.waiting.keys()]) this.answered(child, { ask, failure: reason });
  }

  private startLater(): void {
    if (this.openings.size === 0) return;
    if (this.clock.monotonic() - this.startedAt >= STEADY_MS) this.pauseMs = 0;
    const when = this.pauseMs === 0 ? '' : ` in ${this.pauseMs / 1_000} s`;
    for (const [file, { logger }] of this.openings)
      logger.warn({ file }, `the guard of the database file died: it is started again${when}`);
    this.cancelStart = this.clock.schedule(this.pauseMs, () => this.startAgain());
    this.pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, this.pauseMs * 2), LONGEST_PAUSE_MS);
  }

  private startAgain(): void {
    this.cancelStart = undefined;
    for (const [file, { logger }] of this.openings) {
      const told = this.guard(file, logger).then((isGuarded) => {
        if (isGuarded) logger.info({ file }, 'the database file is guarded again');
      });
      told.catch((error: unknown) => {
        logger.error({ file, error: messageOf(error) }, 'the guard was not started again');
      });
    }
  }
}

const guards = new Guards(systemClock);
