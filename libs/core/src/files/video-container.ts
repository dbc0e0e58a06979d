/** The video containers that Leveret takes. `mp4` stands for all of its family: MOV, 3GP, M4V. */
export type VideoContainer =
  | 'mp4'
  | 'matroska'
  | 'avi'
  | 'flv'
  | 'ogg'
  | 'asf'
  | 'mpeg-ts'
  | 'mpeg-ps'
  | 'gif';

/** How many bytes of a file {@link sniffVideoContainer} wants to see: all that tells containers apart lies within. */
export const SNIFF_BYTES = 1_024;

/** Types of the first box of a file of the MP4 family; old QuickTime files have no `ftyp`. */
const FIRST_BOXES = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot']);
/** Brands of still pictures that use the same boxes: AVIF and HEIF. */
const PICTURE_BRANDS = new Set([
  'avif',
  'avis',
  'heic',
  'heix',
  'heim',
  'heis',
  'hevc',
  'hevx',
  'mif1',
  'msf1',
]);
/** Length of a packet of an MPEG transport stream, and its first byte. */
const TS_PACKET_BYTES = 188;
const TS_SYNC = 0x47;
/** In an AVCHD or Blu-ray stream every packet is preceded by four bytes of time code. */
const TS_TIMECODE_BYTES = 4;

const MATROSKA = [0x1a, 0x45, 0xdf, 0xa3];
const ASF = [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11];
const MPEG_PACK = [0x00, 0x00, 0x01, 0xba];

/**
 * The container that a file is in, told by its first bytes alone (a name or a media type may lie), or undefined when it
 * is none of the allow-list: text, pictures, archives, programs and playlists are not. A file that passes may still hold
 * no video.
 *
 * @param head The first {@link SNIFF_BYTES} of the file, or all of a shorter one.
 */
export function sniffVideoContainer(head: Uint8Array): VideoContainer | undefined {
  if (isMp4(head)) return 'mp4';
  if (startsWith(head, MATROSKA)) return 'matroska';
  if (text(head, 0, 4) === 'RIFF' && text(head, 8, 12) === 'AVI ') return 'avi';
  if (text(head, 0, 3) === 'FLV' && head[3] === 1) return 'flv';
  if (text(head, 0, 4) === 'OggS') return 'ogg';
  if (startsWith(head, ASF)) return 'asf';
  if (startsWith(head, MPEG_PACK)) return 'mpeg-ps';
  if (text(head, 0, 6) === 'GIF87a' || text(head, 0, 6) === 'GIF89a') return 'gif';
  if (isTransportStream(head, 0, TS_PACKET_BYTES)) return 'mpeg-ts';
  if (isTransportStream(head, TS_TIMECODE_BYTES, TS_TIMECODE_BYTES + TS_PACKET_BYTES)) return 'mpeg-ts';
  return undefined;
}

function isMp4(head: Uint8Array): boolean {
  const box = text(head, 4, 8);
  return FIRST_BOXES.has(box) && !(box === 'ftyp' && PICTURE_BRANDS.has(text(head, 8, 12)));
}

/** One sync byte is just a "G": three packets in a row, or as many as a short file has but two, are a stream. */
function isTransportStream(head: Uint8Array, first: number, packetBytes: number): boolean {
  const seen = [0, 1, 2]
    .map((packet) => head[first + packet * packetBytes])
    .filter((byte) => byte !== undefined);
  return seen.length >= 2 && seen.every((byte) => byte === TS_SYNC);
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}

function text(head: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...head.subarray(start, end));
}
