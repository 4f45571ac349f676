const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on the Ctrl-C that the terminal has sent already: what comes this soon is the same one. */
const SAME_MS = 1000;
/** The exit code that a shell gives a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/**
 * Waits for Ctrl-C or whatever else tells the process to stop. A second Ctrl-C ends it at once, and with it everything that
 * it has started.
 */
export function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let toldAt: number | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (toldAt !== undefined && Date.now() - toldAt > SAME_MS) process.exit(INTERRUPTED);
      toldAt ??= Date.now();
      resolve(undefined);
    });
  }
  return promise;
}
