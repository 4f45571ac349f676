import { describe, expect, test } from '@jest/globals';
import { createProgress } from '../../../cli/demo/progress.ts';

function capture(terminal: { isTTY: boolean; columns?: number }) {
  let text = '';
  const progress = createProgress({ ...terminal, write: (piece: unknown) => ((text += String(piece)), true) });
  return { progress, text: () => text };
}

describe('showing progress', () => {
  test('updates one line on a terminal, cut to its width, and keeps what is told', () => {
    const { progress, text } = capture({ isTTY: true, columns: 10 });
    progress.show('[1/2] a sample');
    progress.show('[2/2] another');
    progress.tell('done');
    progress.clear();
    const erase = '\r\u001B[2K';
    expect(text()).toBe(`${erase}[1/2] a s${erase}[2/2] ano${erase}done\n${erase}`);
  });

  test('takes a terminal that tells no width for one of 80 columns', () => {
    const { progress, text } = capture({ isTTY: true, columns: 0 });
    progress.show('x'.repeat(100));
    expect(text()).toBe(`\r\u001B[2K${'x'.repeat(79)}`);
  });

  test('writes plain lines elsewhere', () => {
    const { progress, text } = capture({ isTTY: false });
    progress.show('[1/2] a sample');
    progress.clear();
    progress.tell('done');
    expect(text()).toBe('[1/2] a sample\ndone\n');
  });
});
