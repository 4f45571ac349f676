import { type DestinationStream, type Logger, pino } from 'pino';

/** Where a program writes down what it does: ids, codes and counts; never bodies, never personal data. */
export type Log = Logger;

/** Members that are cut out wherever someone logs an object that carries them: secrets, and content of orders. */
const REDACTED = [
  'authorization', 'headers', 'body', 'token', 'key', 'apiKey', 'order', 'contact', 'shipTo', 'billTo', 'payment', 'evidence',
]; // prettier-ignore

/** A program's log, one JSON object a line on standard output. */
export function createLog(program: string, level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    // The machine's name tells nothing here.
    base: { program },
  };
  return destination ? pino(options, destination) : pino(options);
}
