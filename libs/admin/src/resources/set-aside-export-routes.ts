import { Readable } from 'node:stream';
import { type ExportedEvent, type ExportedMessage, exportEvent, exportMessage } from '@leveret/control';
import type { SetAsideReader } from '@leveret/core';
import { setAsideEvent, setAsideMessage } from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ResourceOptions } from './resource-options.ts';
import { setAsideEntryParams, setAsideKindParams, setAsideNotFound } from './wire/params.ts';
import { problems } from './wire/problems.ts';

/** Numbers of entries that are read at a time. */
const PER_PAGE = 100;

type Kind = z.infer<typeof setAsideKindParams>['kind'];

const TAGS = ['set aside'];
const entryFile = {
  description: 'The file.',
  content: { 'application/json': { schema: z.union([setAsideMessage, setAsideEvent]) } },
};
const linesFile = {
  description: 'One JSON document in each line, as the export of one entry has it, oldest first.',
  content: { 'application/x-ndjson': { schema: z.unknown().meta({ type: 'string' }) } },
};

/** `GET /set-aside/:kind/:seq/export` and `GET /set-aside/:kind/export`: what is set aside, whole, as files. */
export const setAsideExportRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (
  app,
  { reader: { setAside } },
) => {
  app.get(
    '/set-aside/:kind/:seq/export',
    {
      config: { rule: 'payloads:read' },
      schema: {
        summary: 'A message or an event that is set aside, whole, as a file',
        tags: TAGS,
        params: setAsideEntryParams,
        response: { 200: entryFile, ...problems('SET_ASIDE_NOT_FOUND') },
      },
    },
    async ({ params: { kind, seq } }, reply) => {
      const entry = await exportEntry(setAside, kind, seq);
      if (entry === undefined) throw setAsideNotFound(kind);
      return reply.headers(attachment(`set-aside-${kind}-${seq}.json`)).send(entry);
    },
  );

  app.get(
    '/set-aside/:kind/export',
    {
      // A HEAD request would read all of it.
      exposeHeadRoute: false,
      config: { rule: 'payloads:read' },
      schema: {
        summary: 'All messages or events that are set aside, whole, as a file of lines',
        description: 'The answer ends early, as a broken connection, when the ledger goes away meanwhile.',
        tags: TAGS,
        params: setAsideKindParams,
        response: { 200: linesFile, ...problems() },
      },
    },
    async ({ params: { kind } }, reply) => {
      // A ledger that is away is a refusal, and not a file that breaks off.
      await setAside.counts();
      reply.type('application/x-ndjson').headers(attachment(`set-aside-${kind}.ndjson`));
      return reply.send(Readable.from(exportLines(setAside, kind)));
    },
  );
};

function attachment(fileName: string) {
  return { 'content-disposition': `attachment; filename="${fileName}"` };
}

async function exportEntry(
  setAside: SetAsideReader,
  kind: Kind,
  seq: number,
): Promise<ExportedMessage | ExportedEvent | undefined> {
  if (kind === 'messages') {
    const message = await setAside.message(seq);
    return message && exportMessage(message);
  }
  const event = await setAside.event(seq);
  return event && exportEvent(event);
}

/** Reads one entry at a time, when the one before is sent. */
async function* exportLines(setAside: SetAsideReader, kind: Kind): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const page = await setAside[kind](after, PER_PAGE);
    for (const { seq } of page) {
      const entry = await exportEntry(setAside, kind, seq);
      // Undefined: it was discarded meanwhile.
      if (entry !== undefined) yield `${JSON.stringify(entry)}\n`;
    }
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
  }
}
