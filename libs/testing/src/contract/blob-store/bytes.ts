import type { BlobStore, StoredBlob } from '@leveret/core';

/** The bytes of each text, a chunk per text. */
export async function* bytesOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

/** All of a stream, as text. */
export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** Stores `text` under `key`. */
export function put(store: BlobStore, key: string, text: string): Promise<StoredBlob> {
  return store.put(key, bytesOf(text));
}
