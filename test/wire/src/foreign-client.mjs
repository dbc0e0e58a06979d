import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';

// A program that knows nothing of Leveret but docs/reference/wire-format.md. `node foreign-client.mjs '<task>'` does one task,
// which is JSON, and writes one line of JSON for each thing that happened.

const UNIT_MS = 100;
const RADIX = 4;
const LEVELS = 15;
const LONGEST_PASS_MS = (RADIX ** LEVELS - 1) * UNIT_MS;
const RETRY_MS = 300;
const QUORUM = {
  'x-queue-type': 'quorum',
  'x-queue-leader-locator': 'balanced',
  'x-delivery-limit': 1_000_000,
};
const NO_LOSS = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Resolves when the message is durable. One that nothing is bound for is returned, and then confirmed. */
function publish(channel, { exchange, key, body, properties }) {
  return new Promise((resolve, reject) => {
    const onReturn = ({ fields }) => reject(new Error(`returned: ${fields.replyText}`));
    channel.once('return', onReturn);
    const confirmed = (error) => {
      channel.off('return', onReturn);
      if (error) reject(error);
      else resolve();
    };
    channel.publish(exchange, key, body, { persistent: true, mandatory: true, ...properties }, confirmed);
  });
}

async function declare(channel, { queues }) {
  const plain = { durable: true };
  const moving = { durable: true, alternateExchange: 'leveret.unroutable' };
  for (const name of ['unroutable', 'control'])
    await channel.assertExchange(`leveret.${name}`, 'fanout', plain);
  await channel.assertQueue('leveret.unroutable', { durable: true, arguments: QUORUM });
  await channel.bindQueue('leveret.unroutable', 'leveret.unroutable', '');
  for (const name of ['jobs', 'events']) await channel.assertExchange(`leveret.${name}`, 'topic', plain);
  await channel.assertExchange('leveret.delay.in', 'direct', plain);
  for (const name of ['dead', 'delay.out']) await channel.assertExchange(`leveret.${name}`, 'direct', moving);
  const oneAtATime = { ...QUORUM, 'x-single-active-consumer': true };
  await channel.assertQueue('leveret.events.ledger', { durable: true, arguments: oneAtATime });
  await channel.bindQueue('leveret.events.ledger', 'leveret.events', '#');
  for (let level = 0; level < LEVELS; level += 1) await declareLevel(channel, level, moving);
  for (const queue of queues) await declareQueue(channel, queue);
  await channel.assertExchange('leveret.topology.v1', 'fanout', plain);
  say({ declared: queues });
}

/** Levels are declared from the lowest up: what leaves a level goes to lower ones, or out. */
async function declareLevel(channel, level, moving) {
  const exchange = `leveret.delay.x${level}`;
  await channel.assertExchange(exchange, 'direct', moving);
  await channel.bindExchange('leveret.delay.out', exchange, `${level}>`);
  for (const digit of [1, 2, 3]) {
    const slot = `leveret.delay.${level}.${digit}`;
    const holdMs = digit * RADIX ** level * UNIT_MS;
    const args = { ...QUORUM, ...NO_LOSS, 'x-dead-letter-exchange': exchange, 'x-message-ttl': holdMs };
    await channel.assertQueue(slot, { durable: true, arguments: args });
    await channel.bindQueue(slot, 'leveret.delay.in', `@${level}.${digit}`);
    for (let below = 0; below < level; below += 1)
      await channel.bindQueue(`leveret.delay.${below}.${digit}`, exchange, `${level}>${below}.${digit}`);
  }
}

function laneQueue(queue, lane) {
  return lane === 'normal' ? `leveret.q.${queue}` : `leveret.q.${queue}.${lane}`;
}

async function declareQueue(channel, queue) {
  const dead = `leveret.dead.${queue}`;
  const toDead = { 'x-dead-letter-exchange': 'leveret.dead', 'x-dead-letter-routing-key': queue };
  await channel.assertQueue(dead, { durable: true, arguments: QUORUM });
  await channel.bindQueue(dead, 'leveret.dead', queue);
  for (const lane of ['high', 'normal', 'low']) {
    const name = laneQueue(queue, lane);
    await channel.assertQueue(name, { durable: true, arguments: { ...QUORUM, ...NO_LOSS, ...toDead } });
    await channel.bindQueue(name, 'leveret.jobs', `${queue}.${lane}.#`);
    await channel.bindQueue(name, 'leveret.delay.out', name);
  }
}

function uuid7() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function route(delayMs, laneName) {
  const passMs = Math.min(delayMs, LONGEST_PASS_MS);
  const slots = [];
  let units = Math.ceil(passMs / UNIT_MS);
  for (let level = 0; units > 0; level += 1) {
    if (units % RADIX > 0) slots.unshift([level, units % RADIX]);
    units = Math.floor(units / RADIX);
  }
  const hops = slots.slice(1).map(([level, digit], index) => `${slots[index][0]}>${level}.${digit}`);
  const way = [...hops, `${slots.at(-1)[0]}>`, laneName];
  return { key: `@${slots[0][0]}.${slots[0][1]}`, way, leftMs: delayMs - passMs };
}

/** Sends a job on its way: to its queue at once, or through the wheel. */
function send(channel, { queue, lane = 'normal', kind, body, delayMs = 0, properties }) {
  if (delayMs === 0)
    // Both ways that the page names.
    return lane === 'normal'
      ? publish(channel, { exchange: '', key: laneQueue(queue, lane), body, properties })
      : publish(channel, { exchange: 'leveret.jobs', key: `${queue}.${lane}.${kind}`, body, properties });
  const { key, way, leftMs } = route(delayMs, laneQueue(queue, lane));
  const left = leftMs > 0 ? { 'leveret-delay-left-ms': leftMs } : {};
  const headers = { ...properties.headers, CC: way, ...left };
  return publish(channel, {
    exchange: 'leveret.delay.in',
    key,
    body,
    properties: { ...properties, headers },
  });
}

/** A job may say everything itself: `properties` and `headers` come over what a well-behaved producer sets, `null` for nothing. */
async function produce(channel, { jobs }) {
  for (const {
    queue,
    lane = 'normal',
    kind,
    body,
    delayMs,
    properties = {},
    headers = {},
    isCareless,
  } of jobs) {
    if (!isCareless) await channel.checkQueue(laneQueue(queue, lane));
    const [id, now] = [uuid7(), Date.now()];
    const usual = { messageId: id, type: kind, timestamp: Math.floor(now / 1_000), ...properties };
    const own = { 'leveret-version': 1, 'leveret-attempt': 1, 'leveret-created-ms': now, ...headers };
    const all = { contentType: 'application/json', ...present(usual), headers: present(own) };
    await send(channel, { queue, lane, kind, body: Buffer.from(body), delayMs, properties: all });
    say({ id: all.messageId ?? null });
  }
}

function present(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** Does `count` jobs of `queue` as their payloads say: `{ "do": "finish" | "retry" | "bury" }`. `silent`: tells nobody. */
async function consume(channel, { queue, lane = 'normal', count, silent = false }) {
  await take(channel, laneQueue(queue, lane), count, async (message) => {
    const received = read(message);
    say(received);
    const { do: wish, result } = JSON.parse(message.content.toString());
    await OUTCOMES[wish](channel, { queue, lane, message, result, silent });
    channel.ack(message);
  });
}

const OUTCOMES = {
  finish: (channel, { queue, message, result, silent }) =>
    silent ? undefined : publishEvents(channel, [{ ...about(queue, message), type: 'succeeded', result }]),
  async retry(channel, { queue, lane, message, silent }) {
    const { type: kind, messageId, timestamp } = message.properties;
    const headers = producersOwn(message.properties.headers);
    const next = { ...headers, 'leveret-attempt': attemptOf(message) + 1 };
    const { redelivered } = message.fields;
    if (redelivered || message.properties.headers['leveret-resent'] !== undefined)
      next['leveret-repeated'] = 1;
    delete next['leveret-held-ms'];
    const properties = { messageId, type: kind, timestamp, contentType: 'application/json', headers: next };
    await send(channel, { queue, lane, kind, body: message.content, delayMs: RETRY_MS, properties });
    const failure = { code: 'HANDLER_FAILED', message: 'not today' };
    if (!silent)
      await publishEvents(channel, [
        { ...about(queue, message), type: 'retried', failure, delayMs: RETRY_MS },
      ]);
  },
  async bury(channel, { queue, lane, message, silent }) {
    const { type, messageId, timestamp } = message.properties;
    const failure = { code: 'HANDLER_FAILED', message: 'no such thing' };
    const headers = {
      ...producersOwn(message.properties.headers),
      'leveret-failure-code': failure.code,
      'leveret-failure-message': failure.message,
      ...(lane === 'normal' ? {} : { 'leveret-priority': lane }),
    };
    const properties = { messageId, type, timestamp, contentType: 'application/json', headers };
    await publish(channel, { exchange: '', key: `leveret.dead.${queue}`, body: message.content, properties });
    if (!silent) await publishEvents(channel, [{ ...about(queue, message), type: 'dead-lettered', failure }]);
  },
};

/** Takes `count` messages one by one; resolves when the last is acknowledged. */
async function take(channel, name, count, onMessage) {
  const consumerTag = 'foreign';
  await channel.prefetch(1);
  await new Promise((resolve, reject) => {
    let left = count;
    const receive = async (message) => {
      if (message === null) throw new Error('the consumer was cancelled');
      await onMessage(message);
      left -= 1;
      if (left === 0) resolve();
    };
    const onDelivery = (message) => {
      receive(message).catch(reject);
    };
    channel.consume(name, onDelivery, { consumerTag }).catch(reject);
  });
  await channel.cancel(consumerTag);
}

/** Takes `count` messages off a queue of any kind. */
async function takeOff(channel, { name, count }) {
  await take(channel, name, count, async (message) => {
    say(read(message));
    channel.ack(message);
  });
}

function read({ properties, content, fields }) {
  const { messageId, type, contentType, deliveryMode, timestamp, headers } = properties;
  return {
    ...{ id: messageId, type, contentType, deliveryMode, timestamp, headers },
    ...{ body: content.toString('base64'), redelivered: fields.redelivered },
  };
}

function producersOwn(headers) {
  const foreign = /^x-|^CC$|^BCC$|^leveret-(?:delay-left-ms|resent)$/;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !foreign.test(name)));
}

function attemptOf({ properties }) {
  return Number(properties.headers['leveret-attempt'] ?? 1);
}

/** What every event about the job of `message` says. */
function about(queue, message) {
  const { messageId: jobId, type: kind, headers } = message.properties;
  const createdAt = headers['leveret-created-ms'];
  return { jobId, kind, queue, attempt: attemptOf(message), maxAttempts: 3, createdAt, at: Date.now() };
}

function publishEvents(channel, events) {
  const properties = { contentType: 'application/json' };
  const body = Buffer.from(JSON.stringify(events));
  return publish(channel, { exchange: 'leveret.events', key: 'jobs', body, properties });
}

async function tell(channel, { events }) {
  await publishEvents(channel, events);
  say({ told: events.length });
}

const TASKS = { declare, produce, consume, 'take-off': takeOff, tell };

const { url, task, ...options } = JSON.parse(process.argv[2]);
const connection = await connect(url);
try {
  const channel = await connection.createConfirmChannel();
  await TASKS[task](channel, options);
} finally {
  await connection.close();
}
