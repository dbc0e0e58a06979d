import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 6;
const SECRET_BYTES = 32;
const API_KEY = /^lev_([0-9a-f]{12})_[\w-]{43}$/;

/** A new API key: what its owner gets to see once, and what the ledger stores. */
export interface GeneratedApiKey {
  readonly id: string;
  /** The whole key, `lev_<id>_<secret>`. */
  readonly secret: string;
  /** SHA-256 of it. */
  readonly hash: string;
}

/** Generates an API key: 256 bits of chance, so its hash needs no salt, and guessing needs no limit. */
export function generateApiKey(): GeneratedApiKey {
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = `lev_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { id, secret, hash: hashOf(secret) };
}

/** The id in an API key; undefined when the text cannot be a key. */
export function apiKeyIdOf(text: string): string | undefined {
  return API_KEY.exec(text)?.[1];
}

/** Whether a key is the one of `hash`. Takes equally long for every key. */
export function isApiKeyOf(hash: string, key: string): boolean {
  const [known, given] = [Buffer.from(hash), Buffer.from(hashOf(key))];
  return known.length === given.length && timingSafeEqual(known, given);
}

/** SHA-256 of a secret of high entropy, as the ledger stores it. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
