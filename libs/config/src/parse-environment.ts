import { LeveretError } from '@leveret/core';
import * as z from 'zod';

/** Environment variables, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Names of the variables that begin with this belong to Leveret: an unknown one is a slip of the pen. */
const PREFIX = 'LEVERET_';
/** Variables of the test support: harmless where tests start an application. */
const TEST_PREFIX = 'LEVERET_TEST_';

/**
 * The settings that `env` holds, by the variables that `shape` names. An empty variable counts as absent.
 *
 * @param known Every variable of Leveret, also those that other processes read: any other `LEVERET_…` is a mistake.
 * @throws {LeveretError} `CONFIG_INVALID`, with every mistake at once, one a line; values are not repeated.
 */
export function parseEnvironment<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Environment,
  known: readonly string[],
): z.output<z.ZodObject<Shape>> {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = z.object(shape).safeParse(present);
  const mistakes = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => {
        const name = path.join('.');
        return `${name}: ${name in present ? message : `is required: ${descriptionOf(shape, name)}`}`;
      });
  const allowed = new Set([...known, ...Object.keys(shape)]);
  const unknown = Object.keys(present).filter(
    (name) => name.startsWith(PREFIX) && !name.startsWith(TEST_PREFIX) && !allowed.has(name),
  );
  mistakes.push(...unknown.map((name) => `${name}: is not a setting; there are: ${[...allowed].join(', ')}`));
  if (!parsed.success || mistakes.length > 0) throw new LeveretError('CONFIG_INVALID', mistakes.join('\n'));
  return parsed.data;
}

function descriptionOf(shape: z.ZodRawShape, name: string): string {
  const setting = shape[name];
  return setting instanceof z.ZodType ? (setting.description ?? 'a value') : 'a value';
}
