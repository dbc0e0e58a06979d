import { readFileSync } from 'node:fs';
import { LeveretError } from '@leveret/core';
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

/** Whom an `amqps://` broker is trusted by, and who this process is: settings of every application that has a broker. */
export const brokerTlsSettings = {
  LEVERET_AMQP_CA_FILE: pemFileSetting.optional(),
  LEVERET_AMQP_CERT_FILE: pemFileSetting.optional(),
  LEVERET_AMQP_KEY_FILE: pemFileSetting.optional(),
};

/** What {@link brokerTlsSettings} hold when they are parsed. */
export type BrokerTlsSettings = z.output<z.ZodObject<typeof brokerTlsSettings>>;

/**
 * The broker with what TLS needs.
 *
 * @throws {LeveretError} `CONFIG_INVALID` for a certificate without its key, or the other way round.
 */
export function toBroker(broker: BrokerSetting, settings: BrokerTlsSettings): BrokerSetting {
  const { LEVERET_AMQP_CA_FILE: ca, LEVERET_AMQP_CERT_FILE: cert, LEVERET_AMQP_KEY_FILE: key } = settings;
  if ((cert === undefined) !== (key === undefined))
    throw new LeveretError(
      'CONFIG_INVALID',
      'LEVERET_AMQP_CERT_FILE, LEVERET_AMQP_KEY_FILE: a certificate needs its key: set both, or none',
    );
  if (broker.kind === 'embedded' || (ca === undefined && cert === undefined)) return broker;
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  return { ...broker, tls: { ...own, ...(ca === undefined ? {} : { ca }) } };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
