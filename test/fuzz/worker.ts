import { parentPort, workerData } from 'node:worker_threads';
import { createDrawer, tryRun } from './fuzz.ts';
import type { Failure, Outcome } from './oracle.ts';
import { chooseSeeds, type SeedChoice } from './seeds.ts';
import { shrink, type Shrunk } from './shrink.ts';

/** What a worker is given. */
export interface WorkerTask extends SeedChoice {
  readonly seedNumber: number;
  readonly from: number;
  readonly to: number;
  /** Where it writes which run it is at, for whoever watches that it goes on. */
  readonly at: Int32Array;
}

/** What a worker tells: how many runs of a layout ended how, and what failed. */
export type WorkerReport =
  | {
      readonly kind: 'counts';
      readonly counts: readonly (readonly [label: string, outcome: Outcome | 'failed', count: number])[];
    }
  | {
      readonly kind: 'failed';
      readonly run: number;
      readonly how: string;
      readonly name: string;
      readonly failure: Failure;
      readonly shrunk: Shrunk;
      readonly mutant: Uint8Array;
    };

const BATCH = 200;

function work({ seedNumber, from, to, at, ...choice }: WorkerTask, tell: (report: WorkerReport) => void): void {
  const draw = createDrawer(chooseSeeds(choice), seedNumber);
  let counts = new Map<string, readonly [string, Outcome | 'failed', number]>();
  const flush = (): void => {
    tell({ kind: 'counts', counts: [...counts.values()] });
    counts = new Map();
  };
  for (let run = from; run < to; run++) {
    Atomics.store(at, 0, run);
    const drawn = draw(run);
    const { outcome = 'failed', failed } = tryRun(drawn);
    const { label, name } = drawn.seed;
    const key = `${label} ${outcome}`;
    counts.set(key, [label, outcome, (counts.get(key)?.[2] ?? 0) + 1]);
    if (failed) {
      const { mutant } = failed;
      const { failure } = failed;
      tell({ kind: 'failed', run, how: mutant.how, name, failure, shrunk: shrink(failed), mutant: mutant.bytes });
    }
    if (run % BATCH === BATCH - 1) flush();
  }
  flush();
}

work(workerData as WorkerTask, (report) => parentPort?.postMessage(report));
