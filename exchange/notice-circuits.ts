import { type Circuit, type CircuitChange, CircuitOpen, createCircuit, type Silence } from './circuit.ts';
import type { Sent } from './sent.ts';

/** Messages in a row that did not arrive after which a destination is left alone, and for how long. */
const FAILURES = 3;
const PAUSE_MS = 300_000;

/**
 * Circuits by destination: one that does not answer is tried with one message every five minutes.
 * @returns the circuit of a destination at its address (any word for it): at another address it begins anew
 */
export function createNoticeCircuits({
  onChange,
  pauseMs = PAUSE_MS,
}: {
  readonly pauseMs?: number;
  readonly onChange?: (change: CircuitChange) => void;
} = {}): (destination: string, address: string) => Circuit {
  const options = { failures: FAILURES, pauseMs, silenceOf, ...(onChange && { onChange }) };
  const circuits = new Map<string, { readonly address: string; readonly circuit: Circuit }>();
  return (destination, address) => {
    const known = circuits.get(destination);
    if (known?.address === address) return known.circuit;
    // Nobody asks any more whether the address of before is back.
    if (known?.circuit.read().state === 'open') onChange?.({ system: destination, state: 'closed' });
    const circuit = createCircuit(destination, options);
    circuits.set(destination, { address, circuit });
    return circuit;
  };
}

function silenceOf(outcome: unknown): Silence | undefined {
  const sent = outcome as Sent;
  if (sent.kind !== 'failed' || sent.about !== 'destination') return undefined;
  return { why: sent.code, retryAfterSeconds: sent.retryAfterSeconds };
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
