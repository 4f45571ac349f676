import { createReadStream, readFileSync } from 'node:fs';
import type { X12Interchange } from 'node-x12';
import { parseX12Order } from '../orders/formats/x12-850.ts';
import { getX12Profile, toPart } from '../orders/formats/x12-documents.ts';
import { isGroupAccepted, readEnvelopes, splitX12 } from '../orders/formats/x12-splitter.ts';
import { sourceProfileSchema } from '../orders/source.ts';
import type { Reader, ReadingReport } from './formats.ts';
import { BENCH_PROFILE } from './x12-interchange.ts';

/* One reading of an X12 file in a process of its own: `read-x12.ts <reader> <file>`, told to the parent process. */

const READERS: Readonly<Record<Reader, (path: string) => Promise<number>>> = {
  ours: countOrders,
  'node-x12': countSetsOfLibrary,
};

/** As production does it: once for the verdict on the envelopes, once for the orders. */
async function countOrders(path: string): Promise<number> {
  const profile = sourceProfileSchema.parse(BENCH_PROFILE);
  const options = { profile: getX12Profile(profile) };
  const envelopes = await readEnvelopes(createReadStream(path), options);
  let orders = 0;
  for await (const event of splitX12(createReadStream(path), options)) {
    if (event.kind !== 'transaction_set') continue;
    if (!isGroupAccepted(envelopes, event.interchange, event.group)) throw new Error('the interchange was refused');
    const { bytes, locator } = toPart(event);
    const { order, findings } = parseX12Order(bytes, locator, profile);
    if (!order || findings.length > 0) throw new Error(`set ${event.set.controlNumber} was not read clean`);
    orders += 1;
  }
  return orders;
}

/** Segments and elements only: it knows nothing of orders. */
async function countSetsOfLibrary(path: string): Promise<number> {
  const { X12Parser } = await import('node-x12');
  const interchange = new X12Parser(true).parse(readFileSync(path, 'latin1')) as X12Interchange;
  return interchange.functionalGroups.reduce((sets, group) => sets + group.transactions.length, 0);
}

const [, , reader, path = ''] = process.argv;
const startBytes = process.memoryUsage.rss();
const [began, used] = [performance.now(), process.cpuUsage()];
const orders = await READERS[reader as Reader](path);
const { user, system } = process.cpuUsage(used);
const report: ReadingReport = {
  orders,
  wallMs: performance.now() - began,
  cpuMs: (user + system) / 1000,
  startBytes,
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
process.send?.(report);
