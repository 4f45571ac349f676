import type { FailedStep } from './fuzz.ts';
import { type Baseline, type Failure, judgeMutant, takeBaseline } from './oracle.ts';

/** A document and its mutant with as little around the difference as still fails. */
export interface Shrunk {
  readonly base: Uint8Array;
  readonly mutant: Uint8Array;
  readonly failure: Failure;
}

/** Shrinking stops here: what is left is small enough to look at. */
const MOST_TRIES = 600;

/** Takes away what the two have in common, in ever smaller pieces, as long as it fails in the same way. */
export function shrink({ before, mutant, others, failure }: FailedStep): Shrunk {
  let best: Shrunk = { base: before.bytes, mutant: mutant.bytes, failure };
  let tries = 0;
  for (let size = 512; size >= 1 && tries < MOST_TRIES; size = Math.floor(size / 2)) {
    for (let at = 0; at < commonOf(best) && tries < MOST_TRIES;) {
      tries++;
      const smaller = without(best, at, size);
      const failed = tryPair(before, smaller, others);
      if (failed?.kind === failure.kind) best = { ...smaller, failure: failed };
      else at += size;
    }
  }
  return best;
}

type Pair = Pick<Shrunk, 'base' | 'mutant'>;

function tryPair(before: Baseline, { base, mutant }: Pair, others: readonly Baseline[]): Failure | undefined {
  try {
    const smaller = takeBaseline(base, before);
    // What is left must be as good a document as the first one was.
    if (countAccepted(smaller) !== countAccepted(before)) return undefined;
    const judged = judgeMutant(smaller, mutant, others);
    return 'failure' in judged ? judged.failure : undefined;
  } catch {
    return undefined;
  }
}

function countAccepted({ reading: { orders } }: Baseline): number {
  return orders.filter(({ accepted }) => accepted).length;
}

/** How many bytes the two have in common, from the beginning and from the end. */
function commonOf(pair: Pair): number {
  const { prefix, suffix } = measure(pair);
  return prefix + suffix;
}

function measure({ base, mutant }: Pair): { prefix: number; suffix: number } {
  const shortest = Math.min(base.length, mutant.length);
  let prefix = 0;
  while (prefix < shortest && base[prefix] === mutant[prefix]) prefix++;
  let suffix = 0;
  while (suffix < shortest - prefix && base.at(-1 - suffix) === mutant.at(-1 - suffix)) suffix++;
  return { prefix, suffix };
}

/** Both without the same stretch of what they have in common. */
function without(pair: Pair, at: number, size: number): Pair {
  const { prefix } = measure(pair);
  const cut = (bytes: Uint8Array): Uint8Array => {
    const from = at < prefix ? at : bytes.length - (commonOf(pair) - at);
    const to = at < prefix ? Math.min(at + size, prefix) : from + size;
    return new Uint8Array(Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]));
  };
  return { base: cut(pair.base), mutant: cut(pair.mutant) };
}
