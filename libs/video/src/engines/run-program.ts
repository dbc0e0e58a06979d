import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { LeveretError } from '@leveret/core';

/** Most bytes a program may write before it is ended: more than the largest picture has. */
const MAX_OUTPUT_BYTES = 64_000_000;
/** Most characters of its complaints that are kept. */
const MAX_COMPLAINT = 2_000;

/** What a program wrote. Its exit code tells nothing: decoders complain and deliver. */
export interface ProgramOutput {
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A program, and where it is looked for. */
export interface Program {
  /** Path, or name on `searchPath`. */
  readonly name: string;
  /** Folders, separated by colons: all that the program is told of the environment. */
  readonly searchPath: string;
}

/**
 * Runs a program to its end, without a shell and with next to no environment; ends it when `signal` aborts.
 *
 * @throws {LeveretError} `DECODER_UNAVAILABLE` when there is no such program; `WORKER_CRASHED` when somebody else ended it by
 *   a signal: the system out of memory, or its own fault; the signal's reason.
 */
export async function run(
  program: Program,
  args: readonly string[],
  signal: AbortSignal,
): Promise<ProgramOutput> {
  const chunks: Buffer[] = [];
  const { child, ended, complaint } = start(program, args, signal);
  let length = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  await ended;
  return { stdout: Buffer.concat(chunks), stderr: complaint() };
}

/** Runs a program and gives out what it writes in pieces of `chunkBytes`, as they come; what is left over is dropped. Throws as `run` does. */
export async function* runForChunks(
  program: Program,
  args: readonly string[],
  { chunkBytes, signal }: { readonly chunkBytes: number; readonly signal: AbortSignal },
): AsyncIterable<Buffer> {
  const { child, ended } = start(program, args, signal);
  try {
    let pending: Buffer[] = [];
    let length = 0;
    for await (const piece of child.stdout as AsyncIterable<Buffer>) {
      pending.push(piece);
      length += piece.length;
      if (length < chunkBytes) continue;
      const joined = Buffer.concat(pending);
      let start = 0;
      for (; joined.length - start >= chunkBytes; start += chunkBytes)
        yield joined.subarray(start, start + chunkBytes);
      pending = [joined.subarray(start)];
      length = joined.length - start;
    }
    await ended;
  } finally {
    child.kill('SIGKILL');
  }
}

function start({ name, searchPath }: Program, args: readonly string[], signal: AbortSignal) {
  signal.throwIfAborted();
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(name, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: searchPath },
  });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new LeveretError(
          'DECODER_UNAVAILABLE',
          `${name} cannot be run: install FFmpeg 5.1 or later, or the package node-av`,
          { cause },
        ),
      );
    });
    child.once('close', (_exitCode, killedBy) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason);
      else if (killedBy !== null && !child.killed)
        reject(new LeveretError('WORKER_CRASHED', `${name} was ended by ${killedBy}`));
      else resolve();
    });
  });
  // Whoever reads the output may leave before the end is looked at.
  ended.catch(() => undefined);
  return { child, ended, complaint: () => complaint };
}
