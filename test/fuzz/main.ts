import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createDrawer } from './fuzz.ts';
import { chooseSeeds } from './seeds.ts';
import type { WorkerReport, WorkerTask } from './worker.ts';

const USAGE = `npm run fuzz -- [--runs N] [--seed S] [--from RUN] [--format F] [--corpus DIR] [--out DIR]

Damages documents of every format in many ways and looks that nothing breaks, hangs or is staged that was not sent.

  --runs N      how many mutants; 10,000 unless said otherwise
  --seed S      the same number gives the same mutants; 1 unless said otherwise
  --from RUN    the first run, to try one again: --from 4711 --runs 1
  --format F    only documents whose format and layout begin so, such as xml or json/shopify
  --corpus DIR  mutants of the documents in a folder instead of those of this repository
  --out DIR     where failures are written: the document, its mutant, both made small, and what was wrong

The exit code is 1 if anything failed.`;

/** Seconds after which a run counts as one that hangs; the longest takes a fraction of one. */
const PATIENCE_SECONDS = 20;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    format: { type: 'string' },
    corpus: { type: 'string' },
    out: { type: 'string', default: 'var/fuzz' },
    help: { type: 'boolean', default: false },
  },
});
const { corpus, format, out } = values;
const seedNumber = Number(values.seed);
const first = Number(values.from);
const last = first + Number(values.runs);

const counts = new Map<string, Map<string, number>>();
let failures = 0;

function count(label: string, outcome: string, by: number): void {
  const ofLabel = counts.get(label) ?? new Map<string, number>();
  ofLabel.set(outcome, (ofLabel.get(outcome) ?? 0) + by);
  counts.set(label, ofLabel);
}

/** Lets a worker go through runs. Resolves to the run that it broke or hung in, or to the end. */
function runWorker(from: number): Promise<number> {
  const at = new Int32Array(new SharedArrayBuffer(4));
  const workerData: WorkerTask = { corpus, format, seedNumber, from, to: last, at };
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  let seen = { run: -1, since: Date.now() };
  const watch = setInterval(() => {
    const run = Atomics.load(at, 0);
    if (run !== seen.run) seen = { run, since: Date.now() };
    else if (Date.now() - seen.since > PATIENCE_SECONDS * 1000) end(run, `no end after ${PATIENCE_SECONDS} s`);
  }, 500);
  let over = false;
  function end(run: number, why?: string): void {
    if (over) return;
    over = true;
    clearInterval(watch);
    if (why !== undefined) failWhole(run, why);
    void worker.terminate().then(() => {
      resolve(run + 1);
    });
  }
  worker.on('message', take);
  worker.on('error', (error) => {
    end(Atomics.load(at, 0), String(error));
  });
  worker.on('exit', () => {
    end(last);
  });
  return promise;
}

function take(report: WorkerReport): void {
  if (report.kind === 'counts') {
    for (const [label, outcome, by] of report.counts) count(label, outcome, by);
    return;
  }
  const { run, name, how, failure, shrunk, mutant } = report;
  fail(run, `${failure.kind}: ${name}: ${how}\n${failure.detail}\nmade small: ${shrunk.failure.detail}`, {
    mutant,
    'small.base': shrunk.base,
    'small.mutant': shrunk.mutant,
  });
}

/** A worker that hung or died could not make the mutant small. */
function failWhole(run: number, why: string): void {
  const { seed, mutants } = createDrawer(chooseSeeds({ corpus, format }), seedNumber)(run);
  const how = mutants.map((mutant) => mutant.how).join(', then ');
  count(seed.label, 'failed', 1);
  const files = Object.fromEntries(mutants.map(({ bytes }, index) => [`mutant-${index + 1}`, bytes]));
  fail(run, `hang: ${seed.name}: ${how}\n${why}`, files);
}

function fail(run: number, words: string, files: Readonly<Record<string, Uint8Array>>): void {
  failures++;
  mkdirSync(out, { recursive: true });
  const name = join(out, `seed-${seedNumber}-run-${run}`);
  writeFileSync(`${name}.txt`, `${words}\n`);
  for (const [kind, bytes] of Object.entries(files)) writeFileSync(`${name}.${kind}`, bytes);
  console.error(`Seed ${seedNumber}, run ${run}: ${words}\n  in ${name}.*\n`);
}

if (values.help) {
  console.log(USAGE);
} else {
  const started = Date.now();
  for (let from = first; from < last;) from = await runWorker(from);
  const seconds = (Date.now() - started) / 1000;
  for (const [label, outcomes] of [...counts].sort(([one], [other]) => one.localeCompare(other))) {
    console.log(
      `${label.padEnd(18)}${[...outcomes]
        .sort()
        .map(([outcome, n]) => `${n} ${outcome}`)
        .join(', ')}`,
    );
  }
  console.log(
    `${last - first} runs of seed ${seedNumber} in ${seconds.toFixed(0)} s, ${((last - first) / seconds).toFixed(0)} a second: ${failures} failed.`,
  );
  process.exitCode = failures > 0 ? 1 : 0;
}
