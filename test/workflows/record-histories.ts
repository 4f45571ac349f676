import { mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import setUp, { stopServers } from '../support/global-setup.ts';
import { type House, openHouse } from '../support/house.ts';
import { STORIES } from './stories.ts';

/**
 * Records the histories that replay.test.ts replays, from real runs: `npm run histories`. To be done on purpose only,
 * when histories of orders under way need not be replayable any more; otherwise changed workflows take `patched()`.
 *
 * `protobufjs` is among the dev dependencies for this alone: npm then gives all parts of the SDK one copy of it, and with
 * several of them the SDK does not know its own types when it writes or reads a history as JSON.
 */
async function main(): Promise<void> {
  const folder = join(import.meta.dirname, 'histories');
  await setUp();
  const house = await openHouse();
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    for (const story of STORIES) {
      for (const [name, workflowId] of Object.entries(await story(house))) {
        await writeFile(join(folder, `${name}.json`), await fetchHistory(house, workflowId));
        console.log(`${name}.json`);
      }
    }
  } finally {
    await house.close();
    await stopServers();
  }
}

/** A history as proto3 JSON, without what tells of the machine that it was recorded on. */
async function fetchHistory(house: House, workflowId: string): Promise<string> {
  const history = historyToJSON(await house.client.workflow.getHandle(workflowId).fetchHistory());
  const withoutStacks = JSON.parse(history, (key, value: unknown) =>
    key === 'stackTrace' ? undefined : value,
  ) as unknown;
  return `${JSON.stringify(withoutStacks, null, 1)}\n`.replaceAll(`${String(process.pid)}@${hostname()}`, 'worker');
}

await main();
