import type { TestVhost } from '@leveret/testing/rabbitmq';
import { readPage } from './page.ts';

/** What a virtual host holds, or is to hold; each list in one order. */
export interface Entities {
  readonly exchanges: readonly Declared[];
  readonly queues: readonly Declared[];
  readonly bindings: readonly { readonly source: string; readonly key: string; readonly to: string }[];
}

interface Declared {
  readonly name: string;
  /** Of an exchange. */
  readonly type?: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Durable, and neither auto-delete nor internal. */
  readonly isPlain: boolean;
}

interface Definition {
  readonly name: string;
  readonly type?: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly internal?: boolean;
}

interface Definitions {
  readonly exchanges: readonly Definition[];
  readonly queues: readonly Definition[];
  readonly bindings: readonly {
    readonly source: string;
    readonly routing_key: string;
    readonly destination: string;
    readonly destination_type: string;
  }[];
}

/** What the virtual host holds, as the management API tells it. */
export async function readDefinitions({ name }: TestVhost): Promise<Entities> {
  const { origin, username, password } = new URL(process.env['LEVERET_TEST_RABBITMQ_API'] ?? '');
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const response = await fetch(`${origin}/api/definitions/${name}`, { headers: { authorization } });
  const { exchanges, queues, bindings } = (await response.json()) as Definitions;
  return {
    exchanges: exchanges.map(toDeclared).sort(byJson),
    queues: queues.map(toDeclared).map(withoutType).sort(byJson),
    bindings: bindings
      .map(({ source, routing_key: key, destination, destination_type: type }) => {
        const to = `${type} ${destination}`;
        return { source, key, to };
      })
      .sort(byJson),
  };
}

function toDeclared(definition: Definition): Declared {
  const { name, type, arguments: args, durable, auto_delete: isAutoDelete, internal = false } = definition;
  return {
    name,
    ...(type === undefined ? {} : { type }),
    args,
    isPlain: durable && !isAutoDelete && !internal,
  };
}

/** Later brokers tell the type of a queue twice. */
function withoutType({ type: _type, ...queue }: Declared): Declared {
  return queue;
}

function byJson(one: object, other: object): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/** Values of what stands in angle brackets on the page. */
type Names = Readonly<Record<string, string | number>>;

const LEVELS = 15;
const DIGITS = [1, 2, 3];
const ALTERNATE = '`alternate-exchange`';
const COMMON =
  'arguments besides `x-queue-type: quorum`, `x-queue-leader-locator: balanced`, `x-delivery-limit: 1000000`';

/** The tables of the wire format, for one queue. */
export function readTopology(queue: string): Entities {
  const page = readPage('wire-format.md');
  const exchanges = page
    .tableWith('exchange')
    .rows.flatMap(({ exchange = '', type = '', [ALTERNATE]: alternate = '' }) =>
      expand(plain(exchange), queue).map(({ text: name }) => ({
        name,
        type,
        args: alternate === '' ? {} : { 'alternate-exchange': plain(alternate) },
        isPlain: true,
      })),
    );
  const queues = page.tableWith(COMMON).rows.flatMap((row) =>
    plain(row['queue'] ?? '')
      .split(', ')
      .flatMap((template) => expand(template, queue))
      .map(({ text: name, names }) => ({
        name,
        args: { ...toArguments(COMMON, names), ...toArguments(row[COMMON] ?? '', names) },
        isPlain: true,
      })),
  );
  const bindings = page.tableWith('from exchange').rows.flatMap((row) => {
    const [, key = ''] = /`(.+?)`/.exec(row['key'] ?? '') ?? [];
    const template = [plain(row['from exchange'] ?? ''), key, plain(row['to'] ?? '')].join(' | ');
    return expand(template, queue).map(({ text }) => {
      const [source = '', filled = '', to = ''] = text.split(' | ');
      return { source, key: filled, to };
    });
  });
  return { exchanges: exchanges.sort(byJson), queues: queues.sort(byJson), bindings: bindings.sort(byJson) };
}

function plain(cell: string): string {
  return cell.replaceAll('`', '');
}

/** `template` for every value of what it has in angle brackets; a level k is below its level l. */
function expand(template: string, queue: string) {
  let all: readonly Names[] = [{ queue }];
  const over = (name: string, values: (names: Names) => readonly number[]) => {
    if (template.includes(`<${name}>`))
      all = all.flatMap((names) => values(names).map((value) => ({ ...names, [name]: value })));
  };
  over('l', () => range(LEVELS));
  over('k', ({ l }) => range(Number(l)));
  over('d', () => DIGITS);
  over('e', () => DIGITS);
  return all.map((names) => ({ text: fill(template, names), names }));
}

function fill(template: string, names: Names): string {
  return template.replace(/<(\w+)>/g, (_, name: string) => String(names[name]));
}

function range(end: number): readonly number[] {
  return Array.from({ length: end }, (_, index) => index);
}

function toArguments(cell: string, names: Names): Readonly<Record<string, unknown>> {
  const pairs = [...cell.matchAll(/`(x-[a-z-]+): (.+?)`/g)];
  return Object.fromEntries(pairs.map(([, name, value = '']) => [name, toValue(fill(value, names), names)]));
}

function toValue(text: string, { d, l }: Names): unknown {
  if (text === 'd × 4^l × 100') return Number(d) * 4 ** Number(l) * 100;
  if (text === 'true') return true;
  return /^\d+$/.test(text) ? Number(text) : text;
}
