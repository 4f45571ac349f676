import './check-node.ts';
import { parseArgs } from 'node:util';
import { feedSamples } from './demo/feed.ts';
import { findUntold } from './demo/notices.ts';
import { findDoubles, listProduction, listReceivedSince } from './demo/production.ts';
import { createProgress, type Progress } from './demo/progress.ts';
import { makeRows, printHowToDecide, printPlaces, printReport, type Report, toJson } from './demo/report.ts';
import { createGateway } from './gateway.ts';
import { compare } from './samples/compare.ts';
import { keepToday, readSamples } from './samples/samples.ts';
import type { Stack } from './stack.ts';
import { PUSHING } from './stack/channels.ts';
import { INTERRUPTED } from './until-stopped.ts';
import { withStack } from './with-stack.ts';

const HELP = `npm run demo [-- --exit] [-- --json]

Starts the whole system on this machine, brings every document of samples/ in through the door of its source, and shows
what became of each order. Stays up until Ctrl-C. What came in is kept in var/ (VAR_DIR): a second run brings the same
documents again and must make no new order.

  --exit  stop everything afterwards; the exit code is 0 only if every sample ended as samples/expectations.json says
  --json  print one JSON document instead of the table; everything else goes to standard error
  --help  print this
`;

/** Feeds the samples in and judges what became of them, of orders and of production orders. */
async function demonstrate(stack: Stack, progress: Progress): Promise<Report> {
  const gateway = createGateway(stack.gatewayUrl);
  const samples = readSamples();
  const productionBefore = new Set((await listProduction(stack)).map(({ productionOrderId }) => productionOrderId));
  const began = new Date().toISOString();
  const feeding = { stack, gateway, today: keepToday(stack.varDir), progress: progress.show };
  const seen = await feedSamples(feeding, samples);
  progress.clear();
  const production = await listProduction(stack);
  const created = {
    orders: await listReceivedSince(stack, gateway, began),
    productionOrders: production.filter(({ productionOrderId }) => !productionBefore.has(productionOrderId)),
  };
  const pairs = samples.flatMap((sample, index) => {
    const before = seen[samples.findIndex(({ file }) => file === sample.file)];
    return seen[index] ? [{ sample, seen: seen[index], before }] : [];
  });
  const rows = pairs.flatMap((pair) => makeRows(pair.sample, pair.seen));
  const { told, untold } = await findUntold(stack, rows, created.orders);
  const differences = [
    ...pairs.flatMap((pair) =>
      compare(pair.sample, pair.seen, pair.before).map((difference) => `${pair.sample.file}: ${difference}`),
    ),
    ...findDoubles(seen, created, production),
    ...untold.map((orderId) => `${PUSHING} was not told of order ${orderId}`),
  ];
  return { ok: differences.length === 0, rows, created, productionOrders: production.length, told, differences };
}

/** The options; undefined for one that there is not, which is said. */
function readOptions() {
  const options = { exit: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return undefined;
  }
}

async function main(): Promise<void> {
  const values = readOptions();
  if (!values) {
    process.exitCode = 2;
    return;
  }
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const progress = createProgress(process.stderr);
  await withStack(progress.tell, async (stack, stopped) => {
    const report = await Promise.race([demonstrate(stack, progress), stopped]);
    if (!report) return INTERRUPTED;
    if (values.json === true) {
      console.log(JSON.stringify(toJson(report, stack), null, 2));
      for (const difference of report.differences) console.error(difference);
    } else console.log(`\n${printReport(report)}\n`);
    if (values.exit !== true) {
      const stay = values.json === true ? console.error : console.log;
      stay(`${printPlaces(stack)}\n\n${printHowToDecide(report, stack)}\nCtrl-C stops everything.`);
      await stopped;
    }
    return report.ok ? 0 : 1;
  });
}

await main();
