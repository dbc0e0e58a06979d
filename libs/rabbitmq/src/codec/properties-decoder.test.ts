import { expect, test } from 'vitest';
import { INT32 } from './amqp-encoding.ts';
import { createPropertiesDecoder } from './properties-decoder.ts';

const TYPE_FLAG = Buffer.of(0x00, 0x20);
const HEADERS_FLAG = Buffer.of(0x20, 0x00);

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function withType(type: string): Buffer {
  return Buffer.concat([TYPE_FLAG, shortText(type)]);
}

function withHeader(name: string): Buffer {
  const field = Buffer.concat([shortText(name), Buffer.of(INT32, 0, 0, 0, 7)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.length);
  return Buffer.concat([HEADERS_FLAG, length, field]);
}

test('texts that are alike, of messages one after the other, are told apart', () => {
  const decoder = createPropertiesDecoder();
  const read = (bytes: Buffer) => decoder.decode(bytes, 0, bytes.length);
  const types = ['mail.send', 'main.send', 'mail.send', '', 'd', '', 'ä', 'é', 'mail.send', 'x'.repeat(255)];

  expect(types.map((type) => read(withType(type))?.type)).toEqual(types);
  expect(types.map((type) => read(withHeader(type))?.headers)).toEqual(types.map((type) => ({ [type]: 7 })));
});

test('what was read stays as it was when its bytes change', () => {
  const decoder = createPropertiesDecoder();
  const bytes = withType('mail.send');
  const first = decoder.decode(bytes, 0, bytes.length);
  bytes.write('maim.send', 3);
  const second = decoder.decode(bytes, 0, bytes.length);
  bytes.fill(0);
  const again = withType('mail.send');
  const third = decoder.decode(again, 0, again.length);

  expect([first, second, third].map((read) => read?.type)).toEqual(['mail.send', 'maim.send', 'mail.send']);
});

test('what is cut short is none', () => {
  const decoder = createPropertiesDecoder();
  const whole = withType('mail.send');
  decoder.decode(whole, 0, whole.length);

  for (let length = 0; length < whole.length; length += 1) {
    const cut = whole.subarray(0, length);
    expect(decoder.decode(cut, 0, cut.length)).toBeUndefined();
  }
});

test('a type of header that is rare is left to amqplib', () => {
  const decoder = createPropertiesDecoder();
  const field = Buffer.concat([shortText('a'), Buffer.from('F'), Buffer.of(0, 0, 0, 0)]);
  const bytes = Buffer.concat([HEADERS_FLAG, Buffer.of(0, 0, 0, field.length), field]);

  expect(decoder.decode(bytes, 0, bytes.length)).toBeUndefined();
});
