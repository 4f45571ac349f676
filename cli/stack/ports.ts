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
  const free = await findFree();
  if (free === undefined) throw new Error(`no free port for ${setting}`);
  if (asked !== 0) log(`port ${asked} is taken; ${setting} is ${free} this time`);
  return free;
}

/** Below those that systems give to outgoing connections, which take a port again before its program listens on it. */
const LOWEST = 20_000;
const COUNT = 12_000;

async function findFree(): Promise<number | undefined> {
  for (let tries = 0; tries < 50; tries += 1) {
    const port = await probe(LOWEST + Math.floor(Math.random() * COUNT));
    if (port !== undefined) return port;
  }
  return probe(0);
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
