import { isQueueName } from '@leveret/core';
import * as z from 'zod';

/** Where messages travel. */
export type BrokerSetting =
  | { readonly kind: 'embedded' }
  /** Any of several nodes of one cluster. */
  | {
      readonly kind: 'rabbitmq';
      readonly urls: readonly string[];
      /** What the names of its exchanges and queues begin with; `leveret` when absent. */
      readonly namespace?: string;
      readonly tls?: TlsSetting;
    };

/** What `amqps://` works with, as PEM. `ca` is absent for the authorities that Node.js knows; `cert` and `key` come together. */
export interface TlsSetting {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Where mail goes. `folder` is absent for the default folder below the data folder. */
export type MailSetting =
  | { readonly kind: 'capture'; readonly folder?: string }
  | { readonly kind: 'smtp'; readonly url: string };

/** Every environment variable that a Leveret application reads, but `HOST`, `PORT` and `LOG_LEVEL`. */
export const LEVERET_VARIABLES: readonly string[] = [
  'LEVERET_DATA_DIR',
  'LEVERET_AMQP_URL',
  'LEVERET_NAMESPACE',
  'LEVERET_AMQP_CA_FILE',
  'LEVERET_AMQP_CERT_FILE',
  'LEVERET_AMQP_KEY_FILE',
  'LEVERET_STORE_URL',
  'LEVERET_BLOB_URL',
  'LEVERET_SMTP_URL',
  'LEVERET_MAIL_FROM',
  'LEVERET_API_KEYS',
  'LEVERET_QUEUES',
  'LEVERET_CONCURRENCY',
  'LEVERET_HEALTH_PORT',
  'LEVERET_UPLOAD_LIMIT_BYTES',
  'LEVERET_RETENTION',
  'LEVERET_WAITING_LIMIT',
];

/** Largest upload when nothing else is said, in bytes: 2 GiB. */
const DEFAULT_UPLOAD_LIMIT_BYTES = 2_147_483_648;

function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .pipe(z.int().min(min, message).max(max, message));
}

function hasProtocol(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** `embedded:`, or one or more AMQP URLs separated by commas. */
export const brokerSetting = z
  .string()
  .transform((text, context): BrokerSetting => {
    if (text === 'embedded:') return { kind: 'embedded' };
    const urls = text.split(',').map((url) => url.trim());
    if (urls.every((url) => hasProtocol(url, ['amqp:', 'amqps:']))) {
      if (urls.every(isDecodable)) return { kind: 'rabbitmq', urls };
      context.addIssue('holds a % that encodes nothing: in a password, % itself is written %25');
      return z.NEVER;
    }
    context.addIssue('must be amqp:// or amqps:// URLs separated by commas, or the word embedded:');
    return z.NEVER;
  })
  .describe('an amqp:// URL (several are separated by commas), or the word embedded:');

/** Path of the SQLite file of the ledger. */
export const storeSetting = z
  .string()
  .transform((text, context): string => {
    if (/^postgres(ql)?:/.test(text)) {
      context.addIssue(
        'PostgreSQL comes in a later release: give the path of a SQLite file, such as ./data/leveret.db',
      );
      return z.NEVER;
    }
    const path = text.replace(/^(sqlite|file):(\/\/)?/, '');
    if (path !== '' && !/^[a-z][a-z0-9+.-]+:\/\//.test(path)) return path;
    context.addIssue(
      'must be the path of a SQLite file, such as ./data/leveret.db or sqlite:./data/leveret.db',
    );
    return z.NEVER;
  })
  .describe('the path of the SQLite file of the ledger, such as ./data/leveret.db');

/** Folder of blob storage. */
export const blobSetting = z.string().transform((text, context): string => {
  const path = /^file:(?:\/\/(?=\/))?(.+)$/.exec(text)?.[1];
  if (path !== undefined) {
    try {
      return decodeURI(path);
    } catch {
      context.addIssue('must be a folder, such as file:./data/blobs; a % is written %25');
      return z.NEVER;
    }
  }
  context.addIssue(
    text.startsWith('s3:')
      ? 'S3 comes in a later release: give a folder, such as file:./data/blobs'
      : 'must be a folder, such as file:./data/blobs',
  );
  return z.NEVER;
});

/** `capture:`, `capture:<folder>`, or the URL of an SMTP server. */
export const mailSetting = z
  .string()
  .transform((text, context): MailSetting => {
    if (text === 'capture:') return { kind: 'capture' };
    if (text.startsWith('capture:')) return { kind: 'capture', folder: text.slice('capture:'.length) };
    if (hasProtocol(text, ['smtp:', 'smtps:'])) return { kind: 'smtp', url: text };
    context.addIssue('must be an smtp:// or smtps:// URL, or the word capture:');
    return z.NEVER;
  })
  .describe('an smtp:// or smtps:// URL, or the word capture:');

/** A TCP port; 0 picks a free one. */
export const portSetting = wholeNumber(0, 65_535);
/** Handlers of one queue at work at the same time. */
export const concurrencySetting = wholeNumber(1, 1_000);
/** Largest upload, in bytes. */
export const uploadLimitSetting = wholeNumber(1, 1_000_000_000_000).default(DEFAULT_UPLOAD_LIMIT_BYTES);

/** Queue names separated by commas. */
export const queuesSetting = z.string().transform((text, context): readonly string[] => {
  const queues = text.split(',').map((queue) => queue.trim());
  if (queues.every(isQueueName)) return queues;
  context.addIssue('must be queue names separated by commas, such as mail,video');
  return z.NEVER;
});

/** API keys separated by commas: at least 16 characters each, so that none can be guessed. */
export const apiKeysSetting = z.string().transform((text, context): readonly string[] => {
  const keys = text.split(',').map((key) => key.trim());
  if (keys.every((key) => /^[\x21-\x7e]{16,}$/.test(key))) return keys;
  context.addIssue('must be keys separated by commas, each at least 16 visible ASCII characters');
  return z.NEVER;
});

/** How much is logged. */
export const logLevelSetting = z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info');
/** Address to listen on. */
export const hostSetting = z.string().min(1).default('127.0.0.1');
/** Folder for everything that has no place of its own. */
export const dataDirSetting = z.string().min(1).default('./data');
/** The sender of every mail. */
export const mailFromSetting = z.email('is not a mail address').default('leveret@localhost.localdomain');
