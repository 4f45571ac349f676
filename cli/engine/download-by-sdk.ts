import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Way } from './fetch-once.ts';
import { runProgram } from './run-program.ts';

/**
 * The Temporal SDK's own download of a server. Gives up within seconds if there is no network, within 5 minutes in any case.
 *
 * @param kind `dev-server`: the Temporal CLI; `time-skipping`: the test server
 */
export const downloadBySdk = (kind: 'dev-server' | 'time-skipping', env: NodeJS.ProcessEnv): Way => ({
  name: 'the download by the Temporal SDK',
  make: async (directory, programName) => {
    const downloader = fileURLToPath(new URL('./sdk-download.ts', import.meta.url));
    await runProgram(process.execPath, [downloader, kind, directory], {
      timeoutMs: 5 * 60_000,
      // Node's fetch looks for a proxy only when asked to; the SDK always does.
      env: { ...env, NODE_OPTIONS: '', NODE_USE_ENV_PROXY: '1' },
    });
    const [file] = await readdir(directory);
    if (!file) throw new Error('nothing was downloaded');
    await rename(join(directory, file), join(directory, programName));
  },
});
