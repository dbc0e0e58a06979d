import { type JobListRequest, LeveretError } from '@leveret/core';

/** Where a page ended: the place of its last job in the order of the list. */
export interface ListPlace {
  readonly updatedAt: number;
  readonly id: string;
}

/** A cursor that continues the list of `request` after `place`. */
export function toCursor(request: JobListRequest, { updatedAt, id }: ListPlace): string {
  return Buffer.from(JSON.stringify([updatedAt, id, listOf(request)])).toString('base64url');
}

/** The place that the cursor of `request` names; undefined for none. @throws {LeveretError} `CURSOR_INVALID`. */
export function placeOf(request: JobListRequest): ListPlace | undefined {
  const { cursor } = request;
  if (cursor === undefined) return undefined;
  const [updatedAt, id, list] = readCursor(cursor);
  if (typeof updatedAt !== 'number' || typeof id !== 'string' || list !== listOf(request))
    throw new LeveretError(
      'CURSOR_INVALID',
      'the cursor was not given by this list: filter and order must stay the same',
    );
  return { updatedAt, id };
}

function readCursor(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** What must stay the same from page to page. The order in which conditions are named does not count. */
function listOf({ filter, order }: JobListRequest): string {
  const { states, queue, kind, errorCode, fingerprint, worker, parentId, tags, idPrefix } = filter;
  const { created, updated } = filter;
  const texts = [queue, kind?.name, kind?.isPrefix, errorCode, fingerprint, worker, parentId, idPrefix];
  const bounds = [created?.from, created?.to, updated?.from, updated?.to];
  return JSON.stringify([order, states && [...states].sort(), texts, bounds, tags && [...tags].sort()]);
}
