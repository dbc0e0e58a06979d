import { LeveretError } from '@leveret/core';
import { createCliSource } from './cli-source.ts';
import type { FrameSource } from './frame-source.ts';
import { createNativeSource, loadNodeAv } from './native-source.ts';
import { type Program, run } from './run-program.ts';

/** Which decoder is used. */
export interface FrameSourceOptions {
  /** `native`: FFmpeg as a library (the optional package node-av); `cli`: the programs of FFmpeg; `auto`: the first there is. */
  readonly engine: 'auto' | 'native' | 'cli';
  /** Folders, separated by colons, where the programs are looked for. */
  readonly searchPath: string;
}

/** Oldest FFmpeg whose programs know the options that are used. */
const OLDEST: readonly [number, number] = [5, 1];

/** Opens a decoder. @throws {LeveretError} `DECODER_UNAVAILABLE`, saying what to install, when there is none. */
export async function createFrameSource({ engine, searchPath }: FrameSourceOptions): Promise<FrameSource> {
  if (engine !== 'cli') {
    const nodeAv = await loadNodeAv();
    if (nodeAv !== undefined) return createNativeSource(nodeAv);
    if (engine === 'native')
      throw new LeveretError('DECODER_UNAVAILABLE', 'the package node-av is not installed for this system');
  }
  const programs = { ffmpeg: { name: 'ffmpeg', searchPath }, ffprobe: { name: 'ffprobe', searchPath } };
  for (const program of Object.values(programs)) await requireProgram(program);
  return createCliSource(programs);
}

async function requireProgram(program: Program): Promise<void> {
  const { stdout } = await run(program, ['-version'], new AbortController().signal);
  // A build between releases has no number; it is taken to be new.
  const [, major, minor] = /^\w+ version n?(\d+)\.(\d+)/.exec(stdout.toString()) ?? [];
  if (major === undefined || Number(major) > OLDEST[0]) return;
  if (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]) return;
  throw new LeveretError(
    'DECODER_UNAVAILABLE',
    `${program.name} has version ${major}.${minor}: install ${OLDEST.join('.')} or later, or the package node-av`,
  );
}
