import { type Stack, startStack } from './stack.ts';
import { INTERRUPTED, untilStopped } from './until-stopped.ts';

/**
 * Starts the stack on `VAR_DIR`, does something with it, and ends it. Sets the exit code to what `use` came to.
 * @param log takes a line at a time, for standard error
 * @param use is given a promise that resolves when the process is told to stop; it must come to an end then
 */
export async function withStack(
  log: (line: string) => void,
  use: (stack: Stack, stopped: Promise<void>) => Promise<number>,
): Promise<void> {
  const stopped = untilStopped();
  try {
    const stack = await Promise.race([startStack({ varDir: process.env['VAR_DIR'] || 'var', log }), stopped]);
    // What was started by now ends with this process.
    if (!stack) process.exit(INTERRUPTED);
    try {
      process.exitCode = await use(stack, stopped);
    } finally {
      log('stopping');
      await stack.stop();
    }
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
