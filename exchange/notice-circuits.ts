import { type Circuit, type CircuitChange, CircuitOpen, createCircuits } from './circuit.ts';
import type { Sent } from './sent.ts';

/** Calls in a row that failed after which a destination is left alone, and for how long. */
const FAILURES = 3;
const PAUSE_MS = 300_000;

/** What was sent did not arrive, and another message would not have either. */
class NotTaken extends Error {
  override readonly name = 'NotTaken';
  readonly sent: Extract<Sent, { kind: 'failed' }>;
  constructor(sent: Extract<Sent, { kind: 'failed' }>) {
    super(sent.code);
    this.sent = sent;
  }
}

/** Circuits by destination: one that does not answer is tried with one message every five minutes. */
export function createNoticeCircuits(
  options: { readonly pauseMs?: number; readonly onChange?: (change: CircuitChange) => void } = {},
): (destination: string) => Circuit {
  return createCircuits({
    failures: FAILURES,
    pauseMs: PAUSE_MS,
    ...options,
    silenceOf: (error) => {
      if (!(error instanceof NotTaken)) return undefined;
      return { why: error.sent.code, retryAfterSeconds: error.sent.retryAfterSeconds };
    },
  });
}

/** Sends through the circuit of a destination. @returns undefined if nothing was sent, because it is left alone */
export async function sendThrough(circuit: Circuit, send: () => Promise<Sent>): Promise<Sent | undefined> {
  try {
    return await circuit.run(async () => {
      const sent = await send();
      if (sent.kind === 'failed' && sent.about === 'destination') throw new NotTaken(sent);
      return sent;
    });
  } catch (error) {
    if (error instanceof NotTaken) return error.sent;
    if (error instanceof CircuitOpen) return undefined;
    throw error;
  }
}
