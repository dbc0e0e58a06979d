import type { StandardSchemaV1 } from '@standard-schema/spec';
import { LeveretError } from '../errors/errors.ts';
import type { JobDefinition } from '../job/job.ts';
import { isPlainJson } from '../json/json.ts';
import { findJsonFault } from '../json/json-fault.ts';
import { isSameBesidesNoise, isSameData } from '../json/same-data.ts';
import { checkPayloadAs } from './check-payload.ts';
import { describeJsonFault } from './payload-issues.ts';

/** How many times a schema is run at most to find out which keys it needs although they are not in its output. */
const MAX_CHECKS = 64;

type Path = readonly string[];
type Container = Readonly<Record<string, unknown>>;

/** Of a payload that a schema refuses: unlike any output. */
const REFUSED = { output: Symbol('refused') };

/**
 * The form of `payload` that is sent: its JSON without the keys that the schema strips. It was checked in this form, so a worker with the
 * same schema gets the same value. Synchronous when the schema is synchronous and strips nothing.
 *
 * @throws {LeveretError} as `checkPayload` does, and `PAYLOAD_INVALID` for what JSON cannot carry; the promise likewise.
 */
export function payloadToSend(definition: JobDefinition, payload: unknown): unknown {
  const carried = isPlainJson(payload) ? payload : throughJson(definition, payload);
  const output = checkPayloadAs(definition, carried, payload);
  if (output instanceof Promise) return output.then((later) => withoutStripped(definition, carried, later));
  return withoutStripped(definition, carried, output);
}

function throughJson({ kind, payload: schema }: JobDefinition, payload: unknown): unknown {
  const fault = findJsonFault(payload);
  if (fault === undefined) return JSON.parse(JSON.stringify(payload));
  wake(schema, payload);
  throw new LeveretError('PAYLOAD_INVALID', describeJsonFault({ schema, payload, given: payload }, fault), {
    details: { kind },
  });
}

/** Some libraries make the parts of a schema when it is first used: until then it does not know the names of its fields. */
function wake(schema: StandardSchemaV1, payload: unknown): void {
  try {
    const outcome = schema['~standard'].validate(payload);
    if ('then' in outcome) outcome.then(undefined, () => undefined);
  } catch {
    // What it says of a payload that is refused anyway does not matter.
  }
}

function withoutStripped(definition: JobDefinition, carried: unknown, output: unknown): unknown {
  if (!hasSurplus(carried, output)) return carried;
  const surplus: Path[] = [];
  collectSurplus(carried, output, [], surplus);
  return new Stripping(definition, carried, output).remove(surplus);
}

/** Whether the output lacks a key: the schema strips it, or makes something else of it. Asked of every payload, and rarely so. */
function hasSurplus(carried: unknown, output: unknown): boolean {
  if (carried === output || !isContainer(carried) || !isContainer(output)) return false;
  if (isOtherList(carried, output)) return false;
  for (const key of Object.keys(carried)) {
    if (!Object.hasOwn(output, key) || hasSurplus(carried[key], output[key])) return true;
  }
  return false;
}

function collectSurplus(carried: unknown, output: unknown, path: Path, found: Path[]): void {
  if (!isContainer(carried) || !isContainer(output) || isOtherList(carried, output)) return;
  for (const key of Object.keys(carried)) {
    const place = [...path, key];
    if (Object.hasOwn(output, key)) collectSurplus(carried[key], output[key], place, found);
    else found.push(place);
  }
}

/** Whether they cannot be compared item by item. */
function isOtherList(carried: Container, output: Container): boolean {
  return Array.isArray(carried) && (!Array.isArray(output) || carried.length !== output.length);
}

/**
 * Finds out which keys the schema strips: those without which its output is the same. A transformation may take a key and leave
 * nothing of its name, so the schema itself is asked.
 */
class Stripping {
  readonly #definition: JobDefinition;
  readonly #carried: unknown;
  readonly #output: unknown;
  #checkCount = 0;
  /** What the schema makes of the same once more, when that is something else. */
  #again: { readonly output: unknown } | undefined;

  constructor(definition: JobDefinition, carried: unknown, output: unknown) {
    this.#definition = definition;
    this.#carried = carried;
    this.#output = output;
  }

  async remove(surplus: readonly Path[]): Promise<unknown> {
    if (await this.#canDoWithout(surplus)) return without(this.#carried, surplus);
    const { output: again } = await this.#check(this.#carried);
    if (!isSameData(this.#output, again)) this.#again = { output: again };
    return without(this.#carried, await this.#removable([], surplus));
  }

  /** Those of `candidates` that can be removed besides `removed`, by halves: nearly all are needed, or nearly none. */
  async #removable(removed: readonly Path[], candidates: readonly Path[]): Promise<readonly Path[]> {
    const all = [...removed, ...candidates];
    if (await this.#canDoWithout(all)) return all;
    if (candidates.length === 1) return removed;
    const half = candidates.length >> 1;
    return await this.#removable(
      await this.#removable(removed, candidates.slice(0, half)),
      candidates.slice(half),
    );
  }

  async #canDoWithout(paths: readonly Path[]): Promise<boolean> {
    if (this.#checkCount === MAX_CHECKS) return false;
    this.#checkCount += 1;
    const checked = await this.#check(without(this.#carried, paths));
    return this.#again === undefined
      ? isSameData(this.#output, checked.output)
      : isSameBesidesNoise(this.#output, checked.output, this.#again.output);
  }

  async #check(carried: unknown): Promise<{ readonly output: unknown }> {
    try {
      const outcome = await this.#definition.payload['~standard'].validate(carried);
      return outcome.issues === undefined ? { output: outcome.value } : REFUSED;
    } catch {
      // A transformation that misses its key.
      return REFUSED;
    }
  }
}

/** A copy without what is at `paths`; what they do not lead through is shared. */
function without(value: unknown, paths: readonly Path[]): unknown {
  if (paths.length === 0 || !isContainer(value)) return value;
  const byKey = new Map<string, Path[]>();
  for (const [key = '', ...rest] of paths) byKey.set(key, [...(byKey.get(key) ?? []), rest]);
  const kept = Object.entries(value).filter(([key]) => !byKey.get(key)?.some((rest) => rest.length === 0));
  const entries = kept.map(([key, field]) => [key, without(field, byKey.get(key) ?? [])] as const);
  return Array.isArray(value) ? entries.map(([, field]) => field) : Object.fromEntries(entries);
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}
