import type { StandardSchemaV1 } from '@standard-schema/spec';
import { LeveretError } from '../errors/errors.ts';
import type { JobDefinition, PayloadOutput } from '../job/job.ts';
import { type CheckedPayload, describeIssues, describeSchemaError } from './payload-issues.ts';

/**
 * The payload as the definition's schema returns it: synchronously when the schema is synchronous, as most are, to save a turn of the
 * event loop.
 *
 * @throws {LeveretError} `PAYLOAD_INVALID`, naming each field that does not fit, never its value; `INTERNAL` when the schema itself
 *   throws; the promise likewise.
 */
export function checkPayload<Definition extends JobDefinition>(
  definition: Definition,
  payload: unknown,
): PayloadOutput<Definition> | Promise<PayloadOutput<Definition>> {
  return checkPayloadAs(definition, payload, payload);
}

/** {@link checkPayload} of `payload`, the JSON of `given`: its complaints are about that. */
export function checkPayloadAs<Definition extends JobDefinition>(
  definition: Definition,
  payload: unknown,
  given: unknown,
): PayloadOutput<Definition> | Promise<PayloadOutput<Definition>> {
  const outcome = validate(definition, payload);
  if (!('then' in outcome)) {
    if (outcome.issues === undefined) return outcome.value as PayloadOutput<Definition>;
    throw refusal(definition, { payload, given }, outcome.issues);
  }
  return Promise.resolve(outcome).then(
    (later) => {
      if (later.issues === undefined) return later.value as PayloadOutput<Definition>;
      throw refusal(definition, { payload, given }, later.issues);
    },
    (error: unknown) => {
      throw schemaFailed(definition, payload, error);
    },
  );
}

/**
 * {@link checkPayload}, always asynchronous.
 *
 * @throws {LeveretError} as `checkPayload` does.
 */
export async function validatePayload<Definition extends JobDefinition>(
  definition: Definition,
  payload: unknown,
): Promise<PayloadOutput<Definition>> {
  return await checkPayload(definition, payload);
}

function validate(
  definition: JobDefinition,
  payload: unknown,
): StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return definition.payload['~standard'].validate(payload);
  } catch (error) {
    throw schemaFailed(definition, payload, error);
  }
}

function refusal(
  { kind, payload: schema }: JobDefinition,
  checked: Omit<CheckedPayload, 'schema'>,
  issues: readonly StandardSchemaV1.Issue[],
): LeveretError {
  return new LeveretError('PAYLOAD_INVALID', describeIssues({ ...checked, schema }, issues), {
    details: { kind },
  });
}

/** Without its cause, whose words and stack may quote the payload: those of `JSON.parse` do. */
function schemaFailed(
  { kind, payload: schema }: JobDefinition,
  payload: unknown,
  error: unknown,
): LeveretError {
  if (error instanceof LeveretError) return error;
  const words = describeSchemaError({ schema, payload, given: payload }, error);
  return new LeveretError('INTERNAL', words, { details: { kind } });
}
