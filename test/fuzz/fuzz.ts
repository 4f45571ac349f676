import { type Mutant, mutate } from './mutations.ts';
import { type Baseline, type Failure, isWhollyAccepted, judgeMutant, type Outcome, takeBaseline } from './oracle.ts';
import { createRandom } from './random.ts';
import { unitsOf } from './reading.ts';
import type { Seed } from './seeds.ts';

/** One run: a document, and what was made of it, step by step. */
export interface Run {
  readonly seed: Seed;
  /** A document of the same layout, for what merges two. */
  readonly other: Seed;
  readonly mutants: readonly Mutant[];
}

/** A step at which something happened that must never happen. */
export interface FailedStep {
  readonly failure: Failure;
  readonly before: Baseline;
  readonly mutant: Mutant;
  /** Whose orders may stand in the mutant too. */
  readonly others: readonly Baseline[];
}

/** What became of a run. */
export type Ran =
  { readonly outcome: Outcome; readonly failed?: never } | { readonly failed: FailedStep; readonly outcome?: never };

/** Draws mutants of documents: each layout as often as any other, of each mostly what is accepted as it is. */
export type Drawer = (run: number) => Run;

/** Draws the same mutants for the same numbers and documents. @throws RangeError where there is no document */
export function createDrawer(seeds: readonly Seed[], seedNumber: number): Drawer {
  const layouts = [...Map.groupBy(seeds, ({ label }) => label).values()];
  const accepted = new Set(seeds.filter(({ reading }) => reading.orders.some((order) => order.accepted)));
  return (run) => {
    const random = createRandom(seedNumber, run);
    const alike = random.pick(layouts);
    const good = alike.filter((seed) => accepted.has(seed));
    const seed = random.pick(good.length > 0 && random.int(10) > 0 ? good : alike);
    const other = random.pick(alike);
    return { seed, other, mutants: mutate(seed.bytes, random, other.bytes) };
  };
}

/** Tries a run: each mutant is judged by the one before, of which it differs in one thing. */
export function tryRun({ seed, other, mutants }: Run): Ran {
  let before: Baseline = seed;
  let outcome: Outcome = 'unchanged';
  const others: Baseline[] = [];
  for (const mutant of mutants) {
    // Read as the sender's own: what profile says how to read it decides what it says.
    if (mutant.isMerged) others.push(takeBaseline(other.bytes, seed, seed.units));
    const judged = judgeMutant(before, mutant.bytes, others);
    if (judged.failure) return { failed: { failure: judged.failure, before, mutant, others } };
    others.push(before);
    const { reading } = judged;
    // Whatever its products are called by now, the back office knows in what unit they are sold.
    const units = new Map([...before.units, ...unitsOf(reading)]);
    before = { ...before, bytes: mutant.bytes, reading, units, asSent: false, known: isWhollyAccepted(reading) };
    outcome = judged.outcome;
  }
  return { outcome };
}
