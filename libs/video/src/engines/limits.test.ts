import { expect, test } from 'vitest';
import { decodedSizeOf, quarterTurns, requireDecodable, shownSizeOf } from './limits.ts';

test.each([
  { coded: { width: 640, height: 480 }, aspect: 16 / 9, rotation: 0, shown: { width: 1138, height: 480 } },
  { coded: { width: 1280, height: 720 }, aspect: 0, rotation: 90, shown: { width: 720, height: 1280 } },
  { coded: { width: 720, height: 576 }, aspect: 64 / 45, rotation: 270, shown: { width: 576, height: 1024 } },
  { coded: { width: 100, height: 60 }, aspect: 1, rotation: -180, shown: { width: 100, height: 60 } },
  { coded: { width: 100, height: 60 }, aspect: 20_000, rotation: 0, shown: { width: 100, height: 60 } },
])(
  '$coded.width × $coded.height with pixels of $aspect turned by $rotation is shown as $shown.width × $shown.height',
  (given) => {
    expect(shownSizeOf(given.coded, given.aspect, given.rotation)).toEqual(given.shown);
  },
);

test('turns are counted clockwise, whichever way they are told', () => {
  expect([-90, 0, 89, 180, 270, 450].map(quarterTurns)).toEqual([3, 0, 1, 2, 3, 1]);
});

test('a picture is decoded no larger than its largest poster, and never enlarged', () => {
  expect(decodedSizeOf({ width: 3840, height: 2160 })).toEqual({ width: 1280, height: 720 });
  expect(decodedSizeOf({ width: 321, height: 241 })).toEqual({ width: 321, height: 241 });
  expect(decodedSizeOf({ width: 100, height: 10_000 })).toEqual({ width: 26, height: 2560 });
});

test('an 8K picture is decoded, a picture of four hundred megapixels is not', () => {
  expect(() => requireDecodable({ width: 7680, height: 4320 })).not.toThrow();
  expect(() => requireDecodable({ width: 20_000, height: 20_000 })).toThrow(
    expect.objectContaining({ code: 'VIDEO_TOO_LARGE' }),
  );
});
