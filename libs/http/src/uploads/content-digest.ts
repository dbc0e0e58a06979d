import type { IncomingHttpHeaders } from 'node:http';
import { LeveretError } from '@leveret/core';

/** One member of a digest dictionary (RFC 9530): `sha-256=:<base64>:`. */
const MEMBER = /^([a-z0-9*._-]+)=:([A-Za-z0-9+/]+={0,2}):$/;
const SHA256_BYTES = 32;

/**
 * The SHA-256, in lower-case hex, that a client announces for its body in `Content-Digest` or `Repr-Digest`, or undefined
 * when it announces none. Other algorithms beside SHA-256 are passed over.
 *
 * @throws {LeveretError} `REQUEST_INVALID` when a header is malformed or names only algorithms that are not known here.
 */
export function announcedSha256(headers: IncomingHttpHeaders): string | undefined {
  const announced = ['content-digest', 'repr-digest'].flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [readDigest(name, [value].flat().join(','))];
  });
  if (new Set(announced).size > 1)
    throw new LeveretError('REQUEST_INVALID', 'the two digest headers contradict each other');
  return announced[0];
}

function readDigest(header: string, value: string): string {
  const members = value.split(',').map((member) => MEMBER.exec(member.trim()));
  // Of a member that is there twice, the last one counts (RFC 8941).
  const ours = members.filter((member) => member?.[1] === 'sha-256').at(-1);
  if (ours === undefined || members.includes(null)) {
    throw new LeveretError('REQUEST_INVALID', `the header ${header} must have the form sha-256=:<base64>:`);
  }
  const digest = Buffer.from(ours?.[2] ?? '', 'base64');
  if (digest.byteLength !== SHA256_BYTES) {
    throw new LeveretError(
      'REQUEST_INVALID',
      `the header ${header} does not hold the ${SHA256_BYTES} bytes of a SHA-256`,
    );
  }
  return digest.toString('hex');
}
