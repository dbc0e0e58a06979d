import { LeveretError, MAX_PAYLOAD_BYTES } from '@leveret/core';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

/** Largest JSON body, in bytes: the largest payload and a little for what surrounds it. */
const JSON_BODY_LIMIT_BYTES = MAX_PAYLOAD_BYTES + 16_384;
/** Deepest nesting of lists and objects. What is nested deeper breaks programs that walk it by recursion. */
const MAX_DEPTH = 64;

/** Most values in lists and objects: more cannot be checked without keeping other clients waiting. */
const MAX_VALUES = 20_000;
const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\,[]{}');

/**
 * The value of a JSON body.
 *
 * @throws {LeveretError} `REQUEST_INVALID` when it is empty, not UTF-8, not JSON, nested deeper than 64 levels, holds more
 *   than 20,000 values, has a key that would reach a prototype, or a number too large to be kept.
 */
export function parseJsonBody(body: Uint8Array): unknown {
  refuseUnwieldy(body);
  const value = parse(body);
  refuseHostile(value);
  return value;
}

/** Counts before anything is built: what is too much must not cost its building either. */
function refuseUnwieldy(body: Uint8Array): void {
  let [depth, valueCount, isText] = [0, 0, false];
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === QUOTE) isText = !isText;
    else if (isText) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === COMMA) valueCount += 1;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) [depth, valueCount] = [depth + 1, valueCount + 1];
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > MAX_DEPTH) throw invalid(`the body is nested deeper than ${MAX_DEPTH} levels`);
    if (valueCount > MAX_VALUES) throw invalid(`the body holds more than ${MAX_VALUES} values`);
  }
}

function parse(body: Uint8Array): unknown {
  if (body.byteLength === 0) throw invalid('the body is empty, JSON is needed');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw invalid('the body is not JSON in UTF-8', cause);
  }
}

/** By recursion: how deep it goes is bounded. */
function refuseHostile(value: unknown): void {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    throw invalid('the body holds a number that is too large to be kept');
  if (Array.isArray(value)) value.forEach(refuseHostile);
  else if (typeof value === 'object' && value !== null) refuseHostileFields(value);
}

function refuseHostileFields(value: object): void {
  for (const [key, child] of Object.entries(value)) {
    if (reachesPrototype(key, child))
      throw invalid(`the body has a field named "${key}" that could change what every object is`);
    refuseHostile(child);
  }
}

function invalid(what: string, cause?: unknown): LeveretError {
  return new LeveretError('REQUEST_INVALID', what, { cause });
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
