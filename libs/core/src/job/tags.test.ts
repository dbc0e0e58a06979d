import { expect, test } from 'vitest';
import { isTag, joinTags, MAX_TAG_LENGTH, MAX_TAGS } from './tags.ts';

test.each(['eu', 'customer 7', 'Zürich ✓', 'a:b', '"', 'x'.repeat(MAX_TAG_LENGTH), '👍'])(
  '%j is a tag',
  (tag) => {
    expect(isTag(tag)).toBe(true);
  },
);

test.each(['', ' eu', 'eu\n', 'a\0b', 'x\ud800', 'x'.repeat(MAX_TAG_LENGTH + 1), 7, undefined, ['eu']])(
  '%j is no tag',
  (tag) => {
    expect(isTag(tag)).toBe(false);
    expect(() => joinTags([], [tag as string])).toThrow(RangeError);
  },
);

test('tags of two lists are joined, each once', () => {
  expect(joinTags(['eu', 'vip'], ['vip', 'new'])).toEqual(['eu', 'vip', 'new']);
});

test('a job has a limited number of tags', () => {
  const many = Array.from({ length: MAX_TAGS }, (_, index) => `t${index}`);

  expect(joinTags(many, ['t1'])).toHaveLength(MAX_TAGS);
  expect(() => joinTags(many, ['one more'])).toThrow('at most 16 tags');
  const thousand = Array.from({ length: 1_000 }, (_, index) => `t${index}`);
  expect(() => joinTags([], thousand)).toThrow('got 1000');
});
