import { LAST_MOMENT, LeveretError } from '@leveret/core';

/** Where a page of a list ended. */
export interface ListCursor {
  /** From which moment ages in the filter are counted, on all pages of the list, in milliseconds since 1970. */
  readonly now: number;
  /** Of the ledger. */
  readonly cursor: string;
}

/** The cursor as clients get it. */
export function formatListCursor({ now, cursor }: ListCursor): string {
  return `${now.toString(36)}.${cursor}`;
}

/** Reads {@link formatListCursor}. @throws {LeveretError} `CURSOR_INVALID`. */
export function parseListCursor(text: string): ListCursor {
  const [, moment = '', cursor = ''] = /^([0-9a-z]{1,10})\.([\w-]+)$/.exec(text) ?? [];
  const now = Number.parseInt(moment, 36);
  if (cursor === '' || !(now <= LAST_MOMENT))
    throw new LeveretError('CURSOR_INVALID', 'the cursor was not given by a list');
  return { now, cursor };
}
