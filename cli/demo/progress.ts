import type { WriteStream } from 'node:tty';

/** Shows how far something is, on a stream that is not for results. */
export interface Progress {
  /** A line that stays. */
  readonly tell: (line: string) => void;
  /** What is under way; on a terminal it replaces what was under way before. */
  readonly show: (line: string) => void;
  /** Nothing is under way any more. */
  readonly clear: () => void;
}

/** Some terminals say that they have no columns at all. */
const USUAL_WIDTH = 80;
const ERASE_LINE = '\r\u001B[2K';

/** @param stream standard error of a program whose results go to standard output */
export function createProgress(stream: Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number }): Progress {
  const tell = (line: string): void => {
    stream.write(`${stream.isTTY === true ? ERASE_LINE : ''}${line}\n`);
  };
  if (stream.isTTY !== true) return { tell, show: tell, clear: () => undefined };
  const show = (line: string): void => {
    stream.write(`${ERASE_LINE}${line.slice(0, (stream.columns || USUAL_WIDTH) - 1)}`);
  };
  return { tell, show, clear: () => void stream.write(ERASE_LINE) };
}
