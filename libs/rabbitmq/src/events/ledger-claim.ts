import { LeveretError, messageOf } from '@leveret/core';
import type { AmqpConnection } from '../connection/amqp.ts';
import { ACCESS_REFUSED, PRECONDITION_FAILED, replyCode, toBrokerError } from '../connection/amqp-errors.ts';
import { declareParts, mayNotDeclare } from '../topology/declarations.ts';
import { type Entity, ledgerPart } from '../topology/entities.ts';
import type { Names } from '../topology/names.ts';
import { findMissing } from '../topology/passive-check.ts';

/**
 * Claims the events of the namespace for a ledger.
 *
 * @throws {LeveretError} `LEDGER_MISMATCH` when another ledger records them; `BROKER_REFUSED` when none does and this user may not
 *   declare; `BROKER_UNAVAILABLE`.
 */
export async function claimLedger(connection: AmqpConnection, names: Names, ledgerId: string): Promise<void> {
  const part = ledgerPart(names, ledgerId);
  const isThere = async (name: string) =>
    (await findMissing(connection, [{ ...part, entities: part.entities.filter(isNamed(name)) }])).length ===
    0;
  if (await isThere(names.ledgerMark(ledgerId))) return;
  const channel = await connection.openChannel();
  try {
    await declareParts(channel, [part]);
  } catch (refusal) {
    if (replyCode(refusal) === PRECONDITION_FAILED) throw mismatch(names, ledgerId, ownerIn(names, refusal));
    if (replyCode(refusal) !== ACCESS_REFUSED) throw toBrokerError(refusal);
    if (await isThere(names.ledgerClaim)) throw mismatch(names, ledgerId, undefined);
    throw mayNotDeclare(names, [`exchange ${names.ledgerClaim}`], refusal);
  } finally {
    await channel.close();
  }
}

/** Claims the events of the namespace for a ledger, and ends the claim of another one. @throws {LeveretError} as {@link claimLedger} does. */
export async function adoptLedger(connection: AmqpConnection, names: Names, ledgerId: string): Promise<void> {
  const channel = await connection.openChannel();
  try {
    await channel.answer('ending the claim of the ledger', channel.raw.deleteExchange(names.ledgerClaim));
  } catch (error) {
    throw toBrokerError(error);
  } finally {
    await channel.close();
  }
  await claimLedger(connection, names, ledgerId);
}

function isNamed(name: string) {
  return (entity: Entity) => entity.kind !== 'binding' && entity.name === name;
}

/** The ledger that the broker names when it refuses another one. It cuts long words off. */
function ownerIn(names: Names, refusal: unknown): string | undefined {
  const [, mark] = /current is (?:the value )?'([^']+)'/.exec(messageOf(refusal)) ?? [];
  return mark === undefined ? undefined : names.ledgerOf(mark);
}

function mismatch(names: Names, ledgerId: string, owner: string | undefined): LeveretError {
  const other = owner === undefined ? 'another ledger' : `the ledger ${owner}`;
  return new LeveretError(
    'LEDGER_MISMATCH',
    `the events of the namespace "${names.namespace}" are recorded by ${other}, and this is ${ledgerId}: use the ledger that was there before or another namespace, or run "leveret init --adopt-ledger ${ledgerId}" to record them here from now on`,
    { details: { ledgerId, ...(owner === undefined ? {} : { recordedBy: owner }) } },
  );
}
