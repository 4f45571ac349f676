/**
 * Downloads a server with the Temporal SDK's own downloader: `node sdk-download.ts dev-server|time-skipping DIRECTORY`.
 * A program of its own, because the SDK's download can be bounded in time only by ending the process it runs in.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { CLI_VERSION } from './cli-version.ts';

const [kind, downloadDir = '.'] = process.argv.slice(2);

// Any answer will do. Without a network this says so within seconds, where the download would try for long.
await fetch('https://temporal.download/', { method: 'HEAD', signal: AbortSignal.timeout(10_000) });

// The SDK downloads on the way to starting a server, so a started server is also the proof that the download works.
const environment =
  kind === 'dev-server'
    ? await TestWorkflowEnvironment.createLocal({
        server: { executable: { type: 'cached-download', downloadDir, version: `v${CLI_VERSION}` } },
      })
    : await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'cached-download', downloadDir } },
      });
await environment.teardown();
