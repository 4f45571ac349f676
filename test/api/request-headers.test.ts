import { describe, expect, test } from '@jest/globals';
import { readMediaType, readWait } from '../../api/request-headers.ts';

describe('Prefer: wait', () => {
  test.each([
    [undefined, 0],
    ['', 0],
    ['respond-async', 0],
    ['wait=10', 10],
    ['wait=600', 60],
    ['respond-async, wait=100', 60],
    ['wait="5"; foo', 5],
    ['Wait = 7', 7],
    ['await=9', 0],
    ['wait=soon', 0],
    ['wait=-1', 0],
    ['wait=99999999', 0],
  ])('%s is %d seconds', (header, seconds) => {
    expect(readWait(header)).toBe(seconds);
  });
});

describe('Content-Type', () => {
  test.each([
    [undefined, null],
    ['', null],
    [';;/', null],
    ['Application/JSON; charset=utf-8', 'application/json'],
    ['application/vnd.shop+json;v="4111111111111111"', 'application/vnd.shop+json'],
    ['text/4111111111111111', 'text/************1111'],
  ])('%s is kept as %s', (header, mediaType) => {
    expect(readMediaType(header)).toBe(mediaType);
  });
});
