/**
 * Waits for the first of several works, but no longer than so many milliseconds. What is not done by then goes on.
 * @returns what it came to; undefined if the time was over.
 */
export async function atMost<T>(ms: number, ...works: readonly Promise<T>[]): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((done) => (timer = setTimeout(done, ms, undefined)));
  try {
    return await Promise.race([...works, over]);
  } finally {
    clearTimeout(timer);
  }
}
