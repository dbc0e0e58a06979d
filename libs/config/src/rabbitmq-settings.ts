import { readFileSync } from 'node:fs';
import { DEFAULT_NAMESPACE, isNamespace, LeveretError, NAMESPACE_FORM } from '@leveret/core';
import * as z from 'zod';
import type { BrokerSetting } from './settings.ts';

/** The text of a PEM file, given by its path. */
const pemFileSetting = z.string().transform((path, context): string => {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
    context.addIssue('must be the path of a PEM file: this file holds none');
  } catch (error) {
    context.addIssue(`must be the path of a PEM file that can be read: ${codeOf(error)}`);
  }
  return z.NEVER;
});

/** What the names of an application's exchanges and queues begin with. */
const namespaceSetting = z
  .string()
  .refine(isNamespace, `must be ${NAMESPACE_FORM}`)
  .default(DEFAULT_NAMESPACE);

/** What RabbitMQ needs besides its URL, in every application: a namespace there; for `amqps://`, whom to trust and who this process is. */
export const rabbitmqSettings = {
  LEVERET_NAMESPACE: namespaceSetting,
  LEVERET_AMQP_CA_FILE: pemFileSetting.optional(),
  LEVERET_AMQP_CERT_FILE: pemFileSetting.optional(),
  LEVERET_AMQP_KEY_FILE: pemFileSetting.optional(),
};

/** What {@link rabbitmqSettings} hold when they are parsed. */
export type RabbitmqSettings = z.output<z.ZodObject<typeof rabbitmqSettings>>;

/**
 * The broker with its namespace and what TLS needs. An embedded one is its file: it needs neither.
 *
 * @throws {LeveretError} `CONFIG_INVALID` for a certificate without its key, or the other way round.
 */
export function toBroker(broker: BrokerSetting, settings: RabbitmqSettings): BrokerSetting {
  const { LEVERET_AMQP_CA_FILE: ca, LEVERET_AMQP_CERT_FILE: cert, LEVERET_AMQP_KEY_FILE: key } = settings;
  if ((cert === undefined) !== (key === undefined))
    throw new LeveretError(
      'CONFIG_INVALID',
      'LEVERET_AMQP_CERT_FILE, LEVERET_AMQP_KEY_FILE: a certificate needs its key: set both, or none',
    );
  if (broker.kind === 'embedded') return broker;
  const inNamespace = { ...broker, namespace: settings.LEVERET_NAMESPACE };
  if (ca === undefined && cert === undefined) return inNamespace;
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  return { ...inNamespace, tls: { ...own, ...(ca === undefined ? {} : { ca }) } };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
