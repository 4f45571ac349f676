import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

/**
 * Runs a program to its end and answers with what it printed.
 *
 * @throws Error saying in one line why it could not be run, how long it was waited for, or the last thing it complained about
 */
export const runProgram = async (program: string, args: readonly string[], options: RunOptions): Promise<string> => {
  const { timeoutMs, ...rest } = options;
  try {
    const { stdout } = await execute(program, args, {
      ...rest,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    throw new Error(explain(program, timeoutMs, error as ExecutionError), { cause: error });
  }
};

interface ExecutionError extends Error {
  readonly code?: string | number;
  readonly killed?: boolean;
  readonly stdout?: string;
  readonly stderr?: string;
}

const explain = (program: string, timeoutMs: number, error: ExecutionError): string => {
  if (error.code === 'ENOENT') return `${program} is not installed`;
  if (error.killed) return `no end after ${timeoutMs / 1000} s`;
  const output = [error.stderr, error.stdout].find((text) => text?.trim()) ?? error.message;
  // Node prints the error, then its stack and version; other programs end with what went wrong.
  const lines = output.trim().split('\n');
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').trim();
};
