import { LeveretError, MAX_PAYLOAD_BYTES } from '@leveret/core';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

/** Largest JSON body, in bytes: the largest payload and a little for what surrounds it. */
const JSON_BODY_LIMIT_BYTES = MAX_PAYLOAD_BYTES + 16_384;
/** Deepest nesting of lists and objects. What is nested deeper breaks programs that walk it by recursion. */
const MAX_DEPTH = 64;

/**
 * The value of a JSON body.
 *
 * @throws {LeveretError} `REQUEST_INVALID` when it is empty, not UTF-8, not JSON, nested deeper than 64 levels, has a key
 *   that would reach a prototype, or a number too large to be kept.
 */
export function parseJsonBody(body: Uint8Array): unknown {
  const value = parse(body);
  refuseHostile(value);
  return value;
}

function parse(body: Uint8Array): unknown {
  if (body.byteLength === 0) throw new LeveretError('REQUEST_INVALID', 'the body is empty, JSON is needed');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new LeveretError('REQUEST_INVALID', 'the body is not JSON in UTF-8', { cause });
  }
}

/** Walks level by level, without recursion: the depth is what is in question. */
function refuseHostile(root: unknown): void {
  let level: readonly unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH)
      throw new LeveretError('REQUEST_INVALID', `the body is nested deeper than ${MAX_DEPTH} levels`);
    const next: unknown[] = [];
    for (const value of level) {
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
        throw new LeveretError('REQUEST_INVALID', 'the body holds a number that is too large to be kept');
      }
      if (typeof value === 'object' && value !== null) gather(value, next);
    }
    level = next;
  }
}

function gather(value: object, into: unknown[]): void {
  for (const [key, child] of Object.entries(value)) {
    if (reachesPrototype(key, child)) {
      throw new LeveretError(
        'REQUEST_INVALID',
        `the body has a field named "${key}" that could change what every object is`,
      );
    }
    into.push(child);
  }
}

/** Through these, careless code that copies fields reaches the prototype of every object. */
function reachesPrototype(key: string, value: unknown): boolean {
  if (key === '__proto__') return true;
  return (
    key === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
  );
}

async function jsonBodyPlugin(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers();
  const options = { parseAs: 'buffer', bodyLimit: JSON_BODY_LIMIT_BYTES } as const;
  app.addContentTypeParser('application/json', options, async (_request: unknown, body: Buffer) =>
    parseJsonBody(body),
  );
}

/** Takes JSON bodies, strictly, and no others. Applies to the scope it is registered in. */
export const jsonBody = fp(jsonBodyPlugin, { name: 'leveret-json-body', fastify: '5.x' });
