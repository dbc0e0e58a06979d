import { randomBytes, randomInt, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { LeveretError } from '@leveret/core';

/** What computing a hash costs: `N` and `r` set the memory, 128 bytes times both, and `p` multiplies the time. */
export interface PasswordCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and about a fifth of a second: the recommendation of the OWASP Password Storage Cheat Sheet. */
export const PASSWORD_COST: PasswordCost = { N: 2 ** 15, r: 8, p: 3 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Most memory of a stored hash, in bytes. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;
/** Hashes that are computed at the same time. They use threads that files need, too. */
const MAX_AT_THE_SAME_TIME = 2;
/** Most computations that wait: about two seconds. */
const MAX_WAITING = 20;
/** When to try again after that, in seconds. */
const RETRY_AFTER_SECONDS = 2;

const STORED = /^scrypt:(\d+):(\d+):(\d+):([\w-]+):([\w-]+)$/;

/** Letters and digits that are not mistaken for each other. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const GENERATED_LENGTH = 20;

/** A password of 20 letters and digits: 115 bits of chance. */
export function generatePassword(): string {
  return Array.from({ length: GENERATED_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/**
 * The hash of a password, with its salt and cost, as {@link verifyPassword} reads it.
 * @throws {LeveretError} `SIGN_IN_LIMITED` when too many others wait to be computed.
 */
export async function hashPassword(password: string, cost: PasswordCost = PASSWORD_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await compute(password, { salt, cost, length: HASH_BYTES });
  return toStored(cost, salt, hash);
}

/**
 * Whether a password is the one of a stored hash. It computes as much for the wrong one.
 * @throws {LeveretError} `SIGN_IN_LIMITED` when too many others wait to be computed.
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = STORED.exec(stored) ?? [];
  const expected = Buffer.from(hash, 'base64url');
  if (expected.length === 0) throw new TypeError('the stored hash of a password cannot be read');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const given = await compute(password, {
    salt: Buffer.from(salt, 'base64url'),
    cost,
    length: expected.length,
  });
  return timingSafeEqual(given, expected);
}

/** A hash that no password has: what an unknown account is compared with, so that it takes as long as a known one. */
export const UNKNOWN_PASSWORD: string = toStored(
  PASSWORD_COST,
  Buffer.alloc(SALT_BYTES),
  Buffer.alloc(HASH_BYTES),
);

function toStored({ N, r, p }: PasswordCost, salt: Buffer, hash: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join(':');
}

interface Computation {
  readonly salt: Buffer;
  readonly cost: PasswordCost;
  readonly length: number;
}

/** Of this process: the limit is about its memory and threads. */
const waiting: (() => void)[] = [];
let computing = 0;

async function compute(password: string, computation: Computation): Promise<Buffer> {
  await enter();
  try {
    return await runScrypt(password, computation);
  } finally {
    leave();
  }
}

async function enter(): Promise<void> {
  if (computing < MAX_AT_THE_SAME_TIME) {
    computing += 1;
    return;
  }
  if (waiting.length >= MAX_WAITING)
    throw new LeveretError('SIGN_IN_LIMITED', 'too many passwords are being checked', {
      details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
    });
  await new Promise<void>((resolve) => waiting.push(resolve));
}

/** The next one takes the place of the one that leaves. */
function leave(): void {
  const next = waiting.shift();
  if (next === undefined) computing -= 1;
  else next();
}

function runScrypt(password: string, { salt, cost, length }: Computation): Promise<Buffer> {
  const options: ScryptOptions = { ...cost, maxmem: MAX_MEMORY_BYTES };
  // Keyboards write the same character in several ways.
  const text = password.normalize('NFKC');
  return new Promise((resolve, reject) => {
    scrypt(text, salt, length, options, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}
