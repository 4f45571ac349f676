import { createServer } from 'node:net';

export interface PortOptions {
  /** Take any free port instead of the usual one. */
  readonly any: boolean;
  /** Told of a port that is taken. */
  readonly log: (line: string) => void;
}

/**
 * The port that the environment names, or else the usual one, or a free one if that is taken.
 * @param setting name of the environment variable; 0 in it stands for any free port
 */
export async function choosePort(setting: string, usual: number, { any, log }: PortOptions): Promise<number> {
  const asked = any ? 0 : Number(process.env[setting] || usual);
  if (asked !== 0 && (await probe(asked)) !== undefined) return asked;
  const free = await probe(0);
  if (free === undefined) throw new Error(`no free port for ${setting}`);
  if (asked !== 0) log(`port ${asked} is taken; ${setting} is ${free} this time`);
  return free;
}

/** Listens for a moment; the port that it was given, or undefined if it is taken. */
function probe(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
