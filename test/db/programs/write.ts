import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openKeyFile } from '../../../db/keyring.ts';
import { appendLog } from '../../../db/log.ts';
import { takeControlNumber } from '../../../db/outbox.ts';
import { closeStore, inTransaction, openStore } from '../../../db/store.ts';

// Writes many small transactions, several at a time, against other processes that do the same: each takes a control number
// and adds to one audit trail; each fifth one fails at its end. Prints the numbers it got, then how it fared.
const [url = '', keyFile = '', name = '', total = '', atOnce = ''] = process.argv.slice(2);
const store = openStore(url, openKeyFile(keyFile));
const delay = monitorEventLoopDelay({ resolution: 5 });
let started = 0;
let longestMs = 0;

const write = (i: number): Promise<number> =>
  inTransaction(store, async (tx) => {
    const number = await takeControlNumber(tx, 'shared', 'interchange');
    const entry = {
      stepKey: `${name}:${String(i)}`,
      at: new Date().toISOString(),
      actor: name,
      action: 'test.written',
    };
    await appendLog(tx, 'source:shared', entry);
    if (i % 5 === 4) throw new Error('this one is taken back');
    return number;
  });

async function writeOn(): Promise<void> {
  for (let i = started++; i < Number(total); i = started++) {
    const begin = performance.now();
    const number = await write(i).catch((error: unknown) => {
      if (!String(error).includes('taken back')) throw error;
    });
    longestMs = Math.max(longestMs, performance.now() - begin);
    if (number !== undefined) console.log(number);
  }
}

delay.enable();
await Promise.all(Array.from({ length: Number(atOnce) }, writeOn));
delay.disable();
await closeStore(store);
console.log(JSON.stringify({ blockedMs: delay.max / 1e6, longestMs }));
