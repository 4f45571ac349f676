import { type Circuit, type CircuitChange, CircuitOpen, createCircuits } from './circuit.ts';
import type { Sent } from './sent.ts';

/** Messages in a row that did not arrive after which a destination is left alone, and for how long. */
const FAILURES = 3;
const PAUSE_MS = 300_000;

/** Circuits by destination: one that does not answer is tried with one message every five minutes. */
export function createNoticeCircuits(
  options: { readonly pauseMs?: number; readonly onChange?: (change: CircuitChange) => void } = {},
): (destination: string) => Circuit {
  return createCircuits({
    failures: FAILURES,
    pauseMs: PAUSE_MS,
    ...options,
    silenceOf: (outcome) => {
      const sent = outcome as Sent;
      if (sent.kind !== 'failed' || sent.about !== 'destination') return undefined;
      return { why: sent.code, retryAfterSeconds: sent.retryAfterSeconds };
    },
  });
}

/** Sends through the circuit of a destination. @returns undefined if nothing was sent, because it is left alone */
export async function sendThrough(circuit: Circuit, send: () => Promise<Sent>): Promise<Sent | undefined> {
  try {
    return await circuit.run(send);
  } catch (error) {
    if (error instanceof CircuitOpen) return undefined;
    throw error;
  }
}
