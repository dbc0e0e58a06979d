import type { Command } from '../broker/command.ts';
import type { Json } from '../json/json.ts';

const TYPE = 'control';
const VERSION = 1;

/** Tells all workers that something was decided, so that they ask for it now. Whoever misses it asks within {@link VIEW_FRESH_MS}. */
export interface ControlNotice {
  /** See `ControlView.seq`. */
  readonly seq: number;
  /** The queues that are concerned. */
  readonly queues: readonly string[];
  /** The address on the live channel to which workers of these queues say that they know of it, with a {@link ControlConfirmation}. */
  readonly replyTo: string;
}

/** A worker knows of all decisions up to `seq`: it starts nothing any more that they forbid. */
export interface ControlConfirmation {
  readonly instanceId: string;
  readonly seq: number;
}

/** The command that carries a notice. */
export function toCommand({ seq, queues, replyTo }: ControlNotice): Command {
  return { type: TYPE, version: VERSION, seq, queues, replyTo };
}

/** The notice that a command carries; undefined for any other command. */
export function readControlNotice({ type, version, ...fields }: Command): ControlNotice | undefined {
  if (type !== TYPE || version !== VERSION) return undefined;
  return fields as unknown as ControlNotice;
}

/** The confirmation that `question` is. */
export function readConfirmation(question: Json): ControlConfirmation {
  return question as unknown as ControlConfirmation;
}
