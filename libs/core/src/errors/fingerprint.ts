import { type Failure, type FailureCause, MAX_CAUSES, MAX_NAME } from './failure.ts';
import { toMessagePattern } from './message-pattern.ts';
import { ownFrames } from './own-frames.ts';

/** Own frames of the failure and of each cause. Of a cause only 600 characters of its stack are kept: one frame always fits. */
const MAX_FRAMES = 3;
const MAX_CAUSE_FRAMES = 1;
/**
 * Longest pattern of the message and of each cause's message, in characters. Much less than what is kept of a message: so a long message has
 * the same pattern wherever it was cut.
 */
const MAX_PATTERN = 200;
const MAX_CAUSE_PATTERN = 100;

/**
 * Names the kind of a failure: failures of one fingerprint are one group, for people and for what is done with all of them. It is made of the
 * error code, the messages of the failure and its causes without their values, and the first own frames. Of the errors of an `AggregateError` the
 * first counts. Never throws, and takes time in proportion to a bounded part of the failure, whatever that is.
 *
 * @returns 16 hexadecimal digits. They depend on the version of this code: compare only what one version made.
 */
export function fingerprintOf(failure: Failure): string {
  const { code, errorCode = code, message, stack } = failure;
  const parts = new Set([toMessagePattern(message, MAX_PATTERN), ...ownFrames(stack, MAX_FRAMES)]);
  for (const cause of leadingCauses(failure)) {
    parts.add(toMessagePattern(cause.message, MAX_CAUSE_PATTERN));
    for (const frame of ownFrames(cause.stack, MAX_CAUSE_FRAMES)) parts.add(frame);
  }
  // The error between `fetch failed` and the addresses that were tried has no message, and is there only when there were several.
  parts.delete('');
  return hashOf([errorCode.slice(0, MAX_NAME), ...parts].join('\n'));
}

/** The causes up to the first error of an `AggregateError`: how many more it has depends on how many addresses a host has. */
function leadingCauses({ name, causes = [] }: Failure): readonly FailureCause[] {
  const kept = causes.slice(0, MAX_CAUSES);
  const aggregate = [name, ...kept.map((cause) => cause.name)].indexOf('AggregateError');
  return aggregate < 0 ? kept : kept.slice(0, aggregate + 1);
}

/** cyrb53 by bryc (public domain, https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js) with all 64 bits. */
function hashOf(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
