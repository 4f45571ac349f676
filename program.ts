import { ConfigError } from './config.ts';
import { FAULT_WORDS, findDatabaseFault, StoreUnusable } from './db/faults.ts';

/**
 * Runs a program to its end. One that cannot do its work with what it was given says so on standard error, in words and
 * without a trace, and ends with 1; what nobody foresaw keeps its trace.
 * @param name as it stands in the log.
 */
export async function runProgram(name: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const words = explainUnusable(error);
    if (words === undefined) throw error;
    console.error(words.split('\n').map((line) => `${name}: ${line}`).join('\n')); // prettier-ignore
    process.exit(1);
  }
}

/** What is wrong with the settings, the key file or the database, in words; undefined: it is something else. */
export function explainUnusable(error: unknown): string | undefined {
  if (error instanceof ConfigError || error instanceof StoreUnusable) return error.message;
  const fault = findDatabaseFault(error);
  return fault && FAULT_WORDS[fault];
}
