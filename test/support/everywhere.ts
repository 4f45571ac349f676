import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Names of the files below a folder in which one of the texts or byte sequences stands; of a file alone, of it. */
export function findEverywhere(folder: string, wanted: readonly (string | Uint8Array)[]): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return files.filter((name) => {
    const bytes = readFileSync(join(folder, name));
    return wanted.some((one) => bytes.includes(typeof one === 'string' ? one : Buffer.from(one)));
  });
}
