import type { KeptEvent, SetAsideMessage, SetAsideSummary } from '@leveret/core';
import { emptyResponse } from '@leveret/http';
import {
  type SetAsideDetailsView,
  type SetAsidePageView,
  setAsideDetails,
  setAsideDiscard,
  setAsidePage,
  setAsideQuery,
} from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ResourceOptions } from './resource-options.ts';
import { authorOf } from './wire/author.ts';
import { setAsideEntryParams, setAsideKindParams, setAsideNotFound } from './wire/params.ts';
import { BODY_PROBLEMS, problems, QUERY_PROBLEMS } from './wire/problems.ts';
import { toIso } from './wire/values.ts';

/** So much of a body is shown, in bytes. */
const SHOWN_BYTES = 65_536;

type SetAsideEntryView = SetAsidePageView['entries'][number];

const TAGS = ['set aside'];

/** `GET /set-aside/:kind`, `GET /set-aside/:kind/:seq` and `POST /set-aside/:kind/discard`. */
export const setAsideRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, { reader, store }) => {
  const { setAside } = reader;

  app.get(
    '/set-aside/:kind',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'Messages that cannot be jobs or could not be routed, or events that cannot be applied',
        tags: TAGS,
        params: setAsideKindParams,
        querystring: setAsideQuery,
        response: { 200: setAsidePage, ...problems(...QUERY_PROBLEMS) },
      },
    },
    async ({ params: { kind }, query: { after, limit } }) => {
      const [counts, entries] = await Promise.all([
        setAside.counts(),
        kind === 'messages'
          ? setAside.messages(after, limit).then((messages) => messages.map(toMessageEntry))
          : setAside.events(after, limit).then((events) => events.map(toEventEntry)),
      ]);
      return { entries, counts };
    },
  );

  app.get(
    '/set-aside/:kind/:seq',
    {
      config: { rule: 'payloads:read' },
      schema: {
        summary: 'A message or an event that is set aside, as it came',
        tags: TAGS,
        params: setAsideEntryParams,
        response: { 200: setAsideDetails, ...problems('SET_ASIDE_NOT_FOUND') },
      },
    },
    async ({ params: { kind, seq } }) => {
      const details =
        kind === 'messages'
          ? await setAside.message(seq).then((message) => message && toMessageDetails(message))
          : await setAside.event(seq).then((event) => event && toEventDetails(event));
      if (details !== undefined) return details;
      throw setAsideNotFound(kind);
    },
  );

  app.post(
    '/set-aside/:kind/discard',
    {
      config: { rule: 'failures:discard' },
      schema: {
        summary: 'Delete messages or events that are set aside, for good',
        description: 'Numbers of which nothing is set aside are ignored.',
        tags: TAGS,
        params: setAsideKindParams,
        body: setAsideDiscard,
        response: { 204: emptyResponse('They are deleted.'), ...problems(...BODY_PROBLEMS) },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const author = authorOf(request, body);
      await store.discardSetAside({ kind: params.kind, seqs: body.seqs, ...author });
      return reply.code(204).send(null);
    },
  );
};

function toMessageEntry({ seq, queue, reason, at, bodyBytes }: SetAsideSummary): SetAsideEntryView {
  return { seq, queue, reason, at: toIso(at), sizeBytes: bodyBytes };
}

function toEventEntry({ seq, reason, entry }: KeptEvent): SetAsideEntryView {
  return { seq, reason, sizeBytes: Buffer.byteLength(entry) };
}

function toMessageDetails(message: SetAsideMessage): SetAsideDetailsView {
  const { properties, body, bodyBytes } = message;
  return { entry: toMessageEntry(message), properties, ...toShown(body, bodyBytes) };
}

function toEventDetails(event: KeptEvent): SetAsideDetailsView {
  const body = Buffer.from(event.entry);
  return { entry: toEventEntry(event), ...toShown(body, body.byteLength) };
}

/** As text if it is UTF-8; what was cut in the middle of a character is. */
function toShown(
  body: Uint8Array,
  bodyBytes: number,
): Pick<SetAsideDetailsView, 'body' | 'encoding' | 'isWhole'> {
  const shown = body.subarray(0, SHOWN_BYTES);
  const isWhole = bodyBytes <= SHOWN_BYTES;
  try {
    // A character that is cut at the end waits for the rest of it.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(shown, { stream: !isWhole });
    return { body: text, encoding: 'text', isWhole };
  } catch {
    return { body: Buffer.from(shown).toString('base64'), encoding: 'base64', isWhole };
  }
}
