/** Longest queue name and job kind, in characters: together they must fit an AMQP routing key (255 bytes). */
export const MAX_NAME_LENGTH = 100;

const QUEUE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const JOB_KIND = /^[a-z0-9]+([.-][a-z0-9]+)*$/;

/** Whether `text` may name a queue: lower-case words of letters and digits joined by hyphens, at most 100 characters. */
export function isQueueName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && QUEUE_NAME.test(text);
}

/** Whether `text` may name a kind of job: like a queue name, and words may also be joined by dots (`mail.send`). */
export function isJobKind(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && JOB_KIND.test(text);
}

/** @throws {RangeError} when one of `queues` may not name a queue. */
export function requireQueueNames(queues: readonly string[]): void {
  const wrong = queues.find((queue) => !isQueueName(queue));
  if (wrong !== undefined) throw new RangeError(`"${wrong}" is not a name of a queue`);
}

/** The namespace of an application that names none. */
export const DEFAULT_NAMESPACE = 'leveret';

/** RabbitMQ keeps names that begin with it to itself. */
const RESERVED_NAMESPACE = 'amq';

/** What {@link isNamespace} asks for, in words. */
export const NAMESPACE_FORM = `lower-case words of letters and digits joined by hyphens, at most ${MAX_NAME_LENGTH} characters, and not ${RESERVED_NAMESPACE}`;

/** Whether `text` may be a namespace, which the names of an application's queues begin with: like a queue name, and not `amq`. */
export function isNamespace(text: string): boolean {
  return isQueueName(text) && text !== RESERVED_NAMESPACE;
}
