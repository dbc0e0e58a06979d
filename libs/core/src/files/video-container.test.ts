import { expect, test } from 'vitest';
import { SNIFF_BYTES, sniffVideoContainer } from './video-container.ts';

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'string' ? Array.from(part, (letter) => letter.charCodeAt(0)) : part,
    ),
  );

/** Packets of a transport stream, as many as fit into what is looked at. */
function packets(leadBytes: number): Uint8Array {
  const head = new Uint8Array(SNIFF_BYTES);
  for (let at = leadBytes; at < head.length; at += leadBytes + 188) head[at] = 0x47;
  return head;
}

test.each([
  ['mp4', bytes([0, 0, 0, 0x20], 'ftypisom')],
  ['mp4', bytes([0, 0, 0, 0x14], 'ftypqt  ')],
  ['mp4', bytes([0, 0, 0, 8], 'wide', [0, 0, 9, 9], 'mdat')],
  ['matroska', bytes([0x1a, 0x45, 0xdf, 0xa3, 0x9f])],
  ['avi', bytes('RIFF', [1, 2, 3, 4], 'AVI LIST')],
  ['flv', bytes('FLV', [1, 5])],
  ['ogg', bytes('OggS', [0, 2])],
  ['asf', bytes([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11])],
  ['mpeg-ps', bytes([0, 0, 1, 0xba, 0x21])],
  ['mpeg-ts', packets(0)],
  ['mpeg-ts', packets(4)],
  ['gif', bytes('GIF89a', [1, 0])],
])('%s is told by its first bytes', (container, head) => {
  expect(sniffVideoContainer(head)).toBe(container);
});

test.each([
  ['nothing', bytes()],
  ['text', bytes('Good morning, here is a video for you')],
  ['a web page', bytes('<!doctype html><script>alert(1)</script>')],
  ['a playlist', bytes('#EXTM3U\n#EXT-X-TARGETDURATION:1\n')],
  ['a program', bytes([0x7f], 'ELF', [2, 1, 1])],
  ['an archive', bytes('PK', [3, 4])],
  ['a document', bytes('%PDF-1.7')],
  ['a JPEG', bytes([0xff, 0xd8, 0xff, 0xe0])],
  ['a PNG', bytes([0x89], 'PNG\r\n', [0x1a], '\n')],
  ['a WebP', bytes('RIFF', [1, 2, 3, 4], 'WEBPVP8 ')],
  ['a wave file', bytes('RIFF', [1, 2, 3, 4], 'WAVEfmt ')],
  ['an AVIF', bytes([0, 0, 0, 0x20], 'ftypavif')],
  ['a HEIC', bytes([0, 0, 0, 0x20], 'ftypheic')],
  ['a single sync byte', bytes('G')],
])('%s is not a video', (_name, head) => {
  expect(sniffVideoContainer(head)).toBeUndefined();
});
