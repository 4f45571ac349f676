import { CLI_VERSION } from './cli-version.ts';
import type { Way } from './fetch-once.ts';
import { runProgram } from './run-program.ts';

const MODULE = `github.com/temporalio/cli/cmd/temporal@v${CLI_VERSION}`;

/** A build of the Temporal CLI from its source, through Go's module proxy; Go 1.25 or newer. */
export const buildWithGo = (env: NodeJS.ProcessEnv, log: (line: string) => void): Way => ({
  name: `go install ${MODULE}`,
  make: async (directory) => {
    const found = await runProgram('go', ['version'], { env, timeoutMs: 10_000 });
    log(`building Temporal ${CLI_VERSION}, about 3 minutes, this once (${found.trim()})`);
    await runProgram('go', ['install', MODULE], {
      cwd: directory,
      timeoutMs: 20 * 60_000,
      // Its SQLite is pure Go: without cgo no C compiler is needed.
      env: { ...env, GOBIN: directory, CGO_ENABLED: '0' },
    });
  },
});
