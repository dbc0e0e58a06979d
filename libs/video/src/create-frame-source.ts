import { LeveretError } from '@leveret/core';
import { createCliSource } from './cli-source.ts';
import type { FrameSource } from './frame-source.ts';
import { createNativeSource, loadNodeAv } from './native-source.ts';
import { run } from './run-program.ts';

/** Which decoder is used. */
export interface FrameSourceOptions {
  /** `native`: FFmpeg as a library (the optional package node-av); `cli`: the programs of FFmpeg; `auto`: the first there is. */
  readonly engine: 'auto' | 'native' | 'cli';
  /** Folders, separated by colons, where the programs are looked for. */
  readonly searchPath: string;
}

/** Opens a decoder. @throws {LeveretError} `DECODER_UNAVAILABLE` when there is none. */
export async function createFrameSource({ engine, searchPath }: FrameSourceOptions): Promise<FrameSource> {
  if (engine !== 'cli') {
    const nodeAv = await loadNodeAv();
    if (nodeAv !== undefined) return createNativeSource(nodeAv);
    if (engine === 'native') throw new LeveretError('DECODER_UNAVAILABLE', 'the package node-av is not installed for this system');
  }
  const programs = { ffmpeg: { name: 'ffmpeg', searchPath }, ffprobe: { name: 'ffprobe', searchPath } };
  for (const program of Object.values(programs)) await run(program, ['-version'], new AbortController().signal);
  return createCliSource(programs);
}
