import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program of the tests that runs in a process of its own. */
export interface Child {
  /** What it prints, line by line. */
  readonly lines: AsyncIterable<string>;
  kill(): void;
  /** What it printed, once it ended well. @throws Error with what it wrote to stderr if it did not. */
  finish(): Promise<string[]>;
}

/** Starts `path` (relative to `test/`) on the same Node as the tests. */
export function startChild(path: string, ...args: readonly string[]): Child {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    // The options that jest needs are not for the programs.
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const ended = once(child, 'close') as Promise<[number | null]>;
  const lines = createInterface({ input: child.stdout });
  return {
    lines,
    kill: () => child.kill('SIGKILL'),
    async finish() {
      const printed: string[] = [];
      for await (const line of lines) printed.push(line);
      const [code] = await ended;
      if (code !== 0) throw new Error(`${path} ended with ${String(code)}: ${complaint}`);
      return printed;
    },
  };
}
