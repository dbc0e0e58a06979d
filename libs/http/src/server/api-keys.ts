import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` header carries one of the keys. */
export type ApiKeyCheck = (authorization: string | undefined) => boolean;

const BEARER = /^Bearer +([^\s]+) *$/i;

/** The key in an `Authorization` header; undefined when it carries none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}

/**
 * Checks for `Authorization: Bearer <key>`. Only hashes of the keys are kept, and all of them are compared, in constant
 * time: how long it takes tells nothing of any key.
 */
export function createApiKeyCheck(keys: readonly string[]): ApiKeyCheck {
  const hashes = keys.map(sha256);
  return (authorization) => {
    const given = bearerOf(authorization);
    if (given === undefined) return false;
    const hash = sha256(given);
    return hashes.reduce((found, known) => timingSafeEqual(known, hash) || found, false);
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
