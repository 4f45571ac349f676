import { type BackOffice, BackOfficeUnavailable } from '../backoffice/port.ts';
import { type Circuit, type CircuitOptions, createCircuit, type Silence } from '../exchange/circuit.ts';

/** The back office behind its circuit breaker: each call may also throw `CircuitOpen`, and then was not made. */
export interface GuardedBackOffice {
  /** For those who cannot wait for a slow answer, and try again with the other. */
  readonly quick: BackOffice;
  readonly patient: BackOffice;
}

/** Who is told of changes, and how long it pauses. */
export type BackOfficeCircuit = Pick<CircuitOptions, 'onChange' | 'pauseMs'>;

/**
 * Puts one circuit before both clients of the back office. Its health call tells whether it is back, because it is the
 * cheapest, may take as long as the patient client waits, and is about no order.
 * @param patienceMs how long the patient client waits.
 */
export function guardBackOffice(
  clients: GuardedBackOffice,
  patienceMs: number,
  options: BackOfficeCircuit = {},
): GuardedBackOffice {
  const probe = (): Promise<void> => clients.patient.ping();
  const silenceOf = (outcome: unknown): Silence | undefined => judge(outcome, patienceMs);
  const circuit = createCircuit('back office', { ...options, silenceOf, probe });
  const guard = (client: BackOffice): BackOffice => ({ ...behind(circuit, client), ping: () => circuit.run(probe) });
  return { quick: guard(clients.quick), patient: guard(clients.patient) };
}

/**
 * A failure of its own and an answer that nobody understands may be about the one order, and a back office that is slow
 * for the quick client is there: neither stops all others unless the probe says that it is away.
 */
function judge(outcome: unknown, patienceMs: number): Silence | undefined {
  if (!(outcome instanceof BackOfficeUnavailable)) return undefined;
  const { message: why, retryAfterSeconds, isGarbled, waitedMs } = outcome;
  const isImpatience = waitedMs !== undefined && waitedMs < patienceMs;
  // Who says "at once" asks for no time.
  const asksForTime = retryAfterSeconds !== undefined && retryAfterSeconds > 0;
  return { why, retryAfterSeconds, doubtful: !asksForTime && (isGarbled || isImpatience) };
}

/** Every call of the client, through the circuit. */
function behind(circuit: Circuit, client: BackOffice): BackOffice {
  type AnyCall = (...args: unknown[]) => Promise<unknown>;
  const guarded = Object.entries(client as unknown as Record<string, AnyCall>).map(([name, call]) => {
    return [name, (...args: unknown[]) => circuit.run(() => call(...args))] as const;
  });
  return Object.fromEntries(guarded) as unknown as BackOffice;
}
