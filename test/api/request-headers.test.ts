import { describe, expect, test } from '@jest/globals';
import { readWait } from '../../api/request-headers.ts';

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
