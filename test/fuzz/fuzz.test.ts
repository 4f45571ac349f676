import { describe, expect, test } from '@jest/globals';
import { createDrawer, tryRun } from './fuzz.ts';
import type { Outcome } from './oracle.ts';
import { chooseSeeds } from './seeds.ts';

// As many as take a few seconds; `npm run fuzz -- --runs 100000` is the real thing.
const RUNS = 2000;

describe('damaged documents', () => {
  const draw = createDrawer(chooseSeeds({}), 20_261_123);

  test('break nothing, and stage nothing that was not sent', () => {
    const outcomes = new Map<Outcome, number>();
    for (let run = 0; run < RUNS; run++) {
      const drawn = draw(run);
      const { outcome, failed } = tryRun(drawn);
      // To look into: npm run fuzz -- --seed 20261123 --from <run> --runs 1
      if (failed) throw new Error(`run ${run}: ${drawn.seed.name}: ${failed.mutant.how}: ${failed.failure.detail}`);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    // A fuzzer whose documents are all refused at the door tries nothing.
    for (const outcome of ['refused', 'rejected', 'held', 'accepted'] as const) {
      expect(outcomes.get(outcome)).toBeGreaterThan(RUNS / 100);
    }
  });

  test('are the same each time for the same number', () => {
    const mutantsOf = (run: number): readonly string[] =>
      draw(run).mutants.map(({ bytes }) => Buffer.from(bytes).toString('latin1'));
    expect(mutantsOf(4711)).toEqual(mutantsOf(4711));
    expect(mutantsOf(4711)).not.toEqual(mutantsOf(4712));
  });
});
