import { parse } from 'yaml';

/** A service of a compose file, as far as it is looked at here. */
export interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly container_name?: string;
  readonly user?: string;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly stop_grace_period?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
  readonly healthcheck?: { readonly test?: readonly string[] | string };
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>>;
}

/** A compose file. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

/** A variable that a value of the file refers to. */
export interface Reference {
  readonly name: string;
  /** What is said when it is missing; absent when it may be. */
  readonly demand?: string;
  readonly fallback?: string;
}

const REFERENCE = /\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g;

/** Reads a compose file, with its anchors merged. */
export function parseCompose(text: string): ComposeFile {
  return parse(text, { merge: true }) as ComposeFile;
}

/** The variables that `value` refers to. */
export function referencesIn(value: string): readonly Reference[] {
  return [...value.matchAll(REFERENCE)].map(([, name = '', kind, words = '']) => ({
    name,
    ...(kind === '?' ? { demand: words } : {}),
    ...(kind === '-' ? { fallback: words } : {}),
  }));
}

/**
 * What a container of `service` finds in its environment.
 *
 * @param variables What docker/.env holds.
 * @throws {Error} when a variable that is demanded is missing.
 */
export function environmentOf(
  { environment = {} }: Service,
  variables: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const resolve = (value: string) =>
    value.replaceAll(REFERENCE, (_whole, name: string, kind?: string, words = '') => {
      const found = variables[name] ?? '';
      if (found === '' && kind === '?') throw new Error(`${name}: ${words}`);
      return found === '' ? words : found;
    });
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => {
      const told = value === null ? variables[name] : resolve(String(value));
      return told === undefined ? [] : [[name, told]];
    }),
  );
}

/** Milliseconds of a duration such as `1m30s`; NaN for anything else. */
export function durationMs(text = ''): number {
  const [whole, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  return whole ? (Number(minutes) * 60 + Number(seconds)) * 1_000 : Number.NaN;
}
