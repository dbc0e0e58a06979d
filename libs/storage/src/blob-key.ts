/** Longest word of a key, in characters: what file systems take as a name, less what an unfinished file's name adds. */
const MAX_WORD_LENGTH = 200;
/** Longest key, in characters. */
const MAX_KEY_LENGTH = 1_000;

const WORD = /^[A-Za-z0-9._-]+$/;

function isWord(word: string): boolean {
  return WORD.test(word) && word !== '.' && word !== '..' && word.length <= MAX_WORD_LENGTH;
}

/**
 * The words of a key, which are the folders and the file it is stored as.
 *
 * @throws {RangeError} when `key` is not `/`-joined words, has a word of over 200 characters or over 1,000 in all.
 */
export function parseBlobKey(key: string): readonly string[] {
  const words = key.split('/');
  if (key.length > MAX_KEY_LENGTH || !words.every(isWord)) {
    throw new RangeError(
      `${JSON.stringify(key.slice(0, MAX_KEY_LENGTH))} is not a blob key: words of letters, digits, ".", "_" and "-", joined by "/"`,
    );
  }
  return words;
}

/**
 * The words of a prefix: a key, with or without a `/` at its end, or nothing for everything.
 *
 * @throws {RangeError} when it is neither.
 */
export function parseBlobPrefix(prefix: string): readonly string[] {
  const key = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return key === '' && prefix !== '/' ? [] : parseBlobKey(key);
}
