import { MAX_PAGE_SET_ASIDE } from '@leveret/core';
import * as z from 'zod';
import { moment, reason } from './common.ts';

/** What is set aside: messages that cannot be jobs or could not be routed, or events that cannot be applied. */
export const setAsideKind = z.enum(['messages', 'events']);

/** Which page. */
export const setAsideQuery = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('`seq` of the last entry of the page before.'),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_SET_ASIDE).default(100),
});

/** An entry in a list. */
export const setAsideEntry = z
  .strictObject({
    seq: z.int().positive(),
    queue: z.string().optional().describe('Of a message.'),
    reason: z.string(),
    at: moment.optional().describe('When it was set aside. Of a message.'),
    sizeBytes: z.int().nonnegative().describe('Of the whole body of a message, or of the entry of an event.'),
  })
  .meta({ id: 'SetAsideEntry' });

/** Entries in order, and how many there are of each kind. */
export const setAsidePage = z
  .strictObject({
    entries: z.array(setAsideEntry),
    counts: z
      .strictObject({ messages: z.int().nonnegative(), events: z.int().nonnegative() })
      .describe('Each counted up to 10,000.'),
  })
  .meta({ id: 'SetAsidePage' });
/** Entries in order. */
export type SetAsidePageView = z.infer<typeof setAsidePage>;

/** An entry as it came. */
export const setAsideDetails = z
  .strictObject({
    entry: setAsideEntry,
    properties: z.string().optional().describe('Properties and headers of a message, as JSON.'),
    body: z.string().describe('The first 64 KiB of the body: as text, or as Base64.'),
    encoding: z.enum(['text', 'base64']),
    isWhole: z.boolean().describe('Whether `body` is all of it.'),
  })
  .meta({ id: 'SetAsideDetails' });
/** An entry as it came. */
export type SetAsideDetailsView = z.infer<typeof setAsideDetails>;

/** A message as it came, whole. */
export const setAsideMessage = z
  .strictObject({
    id: z.string().describe('Such as `m12`.'),
    queue: z.string(),
    reason: z.string(),
    at: moment.describe('When it was set aside.'),
    bodyBytes: z.int().nonnegative().describe('Length of the whole body.'),
    properties: z.unknown().describe('Properties and headers, as the broker had them.'),
    bodyBase64: z.string().describe('The body, or the first 1 MiB of it.'),
  })
  .meta({ id: 'SetAsideMessage' });

/** An event as it came. */
export const setAsideEvent = z
  .strictObject({ id: z.string().describe('Such as `e7`.'), reason: z.string(), entry: z.unknown() })
  .meta({ id: 'SetAsideEvent' });

/** Which entries are discarded. */
export const setAsideDiscard = z
  .strictObject({ seqs: z.array(z.int().positive()).min(1).max(1_000), reason })
  .meta({ id: 'SetAsideDiscard' });
