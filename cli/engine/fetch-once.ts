import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { withLock } from './file-lock.ts';

/** A way in which a program can be had. */
export interface Way {
  /** What it is called in messages, e.g. `go install …`. */
  readonly name: string;
  /** Puts the program, and whatever it needs beside it, into a directory. Throws if that cannot be had. */
  readonly make: (directory: string, programName: string) => Promise<void>;
}

/**
 * Where fetched programs are kept between runs: `order-staging` under the user's cache directory.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/ for `XDG_CACHE_HOME`
 */
export const getCacheDir = (env: NodeJS.ProcessEnv): string =>
  join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'order-staging');

/** Whether a program lies there. */
export const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/**
 * Gets a program into a directory of its own by the first way that works. The directory appears whole or not at all, and
 * of processes that ask at the same time one fetches while the others wait.
 *
 * @returns the name of the way
 * @throws Error with one line for each way that was tried
 */
export const fetchOnce = async (
  program: string,
  ways: readonly Way[],
  log: (line: string) => void,
): Promise<string> => {
  const directory = dirname(program);
  const onWait = () => log(`waiting for another process that fetches ${basename(program)}`);
  return withLock(`${directory}.lock`, onWait, async () => {
    if (await isExecutable(program)) return 'fetched by another process';
    const failures: string[] = [];
    for (const way of ways) {
      const failure = await makeAt(directory, basename(program), way);
      if (!failure) return way.name;
      failures.push(`${way.name}: ${failure.message}`);
    }
    throw new Error(failures.join('\n'));
  });
};

const makeAt = async (directory: string, programName: string, way: Way): Promise<Error | undefined> => {
  await mkdir(dirname(directory), { recursive: true });
  const part = await mkdtemp(`${directory}.part-`);
  try {
    await way.make(part, programName);
    await rm(directory, { recursive: true, force: true });
    await rename(part, directory);
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
};
