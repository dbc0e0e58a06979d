/** How many bytes of a file {@link sniffPicture} wants to see. */
export const SNIFF_BYTES = 12;

/** Types of pictures that are served. None of them can hold a script. */
export type PictureType = 'image/webp' | 'image/jpeg' | 'image/png' | 'image/gif';

/**
 * The type of a picture by its first bytes alone: a name, or what a job says of it, may be wrong. Undefined for any other file.
 *
 * @param head The first {@link SNIFF_BYTES} of the file, or all of a shorter one.
 */
export function sniffPicture(head: Uint8Array): PictureType | undefined {
  const text = Buffer.from(head).toString('latin1');
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (/^GIF8[79]a/.test(text)) return 'image/gif';
  return undefined;
}
