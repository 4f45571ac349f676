import { BrokenCircuitError, circuitBreaker, CircuitState, handleWhenResult, type IBackoff } from 'cockatiel';
import { atMost } from './at-most.ts';

/*
 * A circuit breaker per external system: while a system does not answer it is not called, so that an outage costs a few
 * calls and not three of every order. What cockatiel does of it and what we add, and why no other library:
 * docs/decisions/0011-circuit-breakers.md. Each process finds out for itself, within a few calls.
 */

/** That a call was not answered. */
export interface Silence {
  /** In names of calls, codes and statuses: it is logged. */
  readonly why: string;
  /** How long the other side asks to be left alone (`Retry-After`), if it does. */
  readonly retryAfterSeconds?: number | undefined;
  /** It may be about this one call. A circuit with a probe does not count an error like this, but asks the probe. */
  readonly doubtful?: boolean;
}

/** How a circuit judges, and how patient it is. */
export interface CircuitOptions {
  /** What the outcome of a call, value or error, says of the system. undefined: it answered, if not as the caller wished. */
  readonly silenceOf: (outcome: unknown) => Silence | undefined;
  /** A cheap call that tells whether the system is back. Without it, the first call after a pause tells. */
  readonly probe?: () => Promise<unknown>;
  /** Calls in a row without an answer that open the circuit; 5 if left out. */
  readonly failures?: number;
  /** Milliseconds from opening to the next try, where the system names no time; 15 000 if left out. */
  readonly pauseMs?: number;
  readonly onChange?: (change: CircuitChange) => void;
}

/** What a log is told. A try that fails is no change: the circuit was open and stays open. Times: ISO 8601, UTC. */
export type CircuitChange =
  | { readonly system: string; readonly state: 'open'; readonly why: string; readonly until: string }
  | { readonly system: string; readonly state: 'closed' };

/** The way to one external system. */
export interface Circuit {
  /**
   * Makes a call; its outcome, value or error, is the call's own.
   * @throws CircuitOpen if the call was not made.
   */
  run<T>(call: () => Promise<T>): Promise<T>;
  /** How it stands: `closed` lets calls through. */
  read(): CircuitChange;
}

/** The call was not made: what it would have done has not happened. */
export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen';
  /** Seconds to the moment that the other side named; undefined if it named none. */
  readonly retryAfterSeconds: number | undefined;
  constructor(system: string, why: string, retryAfterSeconds?: number) {
    super(`${system} is not called for now: ${why}`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const FAILURES = 5;
const PAUSE_MS = 15_000;
/** Who asks for no more than this gets it from the caller's own pause between two tries. */
const MOMENT_MS = 1000;
/** Who asks for more is asked once an hour all the same: a wrong header must not stop the house for a day. */
const LONGEST_WAIT_MS = 3_600_000;
/** How long a call waits for the probe: whoever answers within this is back. */
const PROBE_WAIT_MS = 400;

/**
 * Opens after some calls in a row that were not answered, or at once where the system asks to be left alone; refuses calls
 * until the pause or the time asked for is over; then one try decides whether it closes. After that, the first call that
 * is not answered opens it again, until one was.
 * @param system what it is called in the log, such as `back office` or `webhook:shop.example.com`.
 */
export function createCircuit(system: string, options: CircuitOptions): Circuit {
  const { probe, failures = FAILURES, pauseMs = PAUSE_MS, onChange } = options;
  const rest = createRest(pauseMs);
  const breaker = createBreaker(failures, rest);
  const policy = circuitBreaker(handleWhenResult(isSilent), { breaker, halfOpenAfter: rest });
  const { attempt, check } = createTries(policy, options, rest);
  const read = (): CircuitChange =>
    policy.state === CircuitState.Closed
      ? { system, state: 'closed' }
      : { system, state: 'open', why: rest.why(), until: new Date(rest.until()).toISOString() };
  const refuse = (): CircuitOpen => new CircuitOpen(system, rest.why(), rest.secondsAskedFor());
  tellChanges(policy, () => onChange?.(read()));

  const run = async <T>(call: () => Promise<T>): Promise<T> => {
    if (probe && policy.state !== CircuitState.Closed) {
      if (Date.now() >= rest.until()) await atMost(PROBE_WAIT_MS, check(probe));
      if (read().state === 'open') throw refuse();
    }
    // cockatiel would let others wait here for the outcome of the try.
    if (policy.state === CircuitState.HalfOpen) throw refuse();
    const outcome = await attempt(call).catch((error: unknown) => {
      throw error instanceof BrokenCircuitError ? refuse() : error;
    });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };
  return { run, read };
}

type Policy = ReturnType<typeof circuitBreaker>;

/** What a call came to, for cockatiel to count: all but silence is an answer. */
type Outcome<T> = ({ readonly value: T } | { readonly error: unknown }) & { readonly isSilent: boolean };
const isSilent = (outcome: unknown): boolean => (outcome as Outcome<unknown>).isSilent;

/** Calls through the policy, with their errors as outcomes. */
function createTries(policy: Policy, { silenceOf, probe }: CircuitOptions, rest: Rest) {
  const attempt = <T>(call: () => Promise<T>): Promise<Outcome<T>> =>
    policy.execute(async () => {
      const outcome = await settle(call);
      const silence = silenceOf('error' in outcome ? outcome.error : outcome.value);
      if (silence?.doubtful === true && 'error' in outcome && probe && call !== probe) {
        void check(probe);
        // cockatiel counts what is thrown neither way.
        throw outcome.error;
      }
      if (silence) rest.note(silence);
      return { ...outcome, isSilent: silence !== undefined };
    });
  let checking: Promise<unknown> | undefined;
  /** Asks the probe, one at a time; that the circuit is open by now is no news. */
  const check = (ask: () => Promise<unknown>): Promise<unknown> =>
    (checking ??= attempt(ask)
      .catch(() => undefined)
      .finally(() => (checking = undefined)));
  return { attempt, check };
}

const settle = <T>(call: () => Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> =>
  call().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

/** How long a system is left alone, and why: as long as it asked for, or for the pause. */
function createRest(pauseMs: number) {
  let why = '';
  let askedUntil = 0;
  let pausedUntil = 0;
  const until = (): number => Math.max(askedUntil, pausedUntil);
  const next = (): IBackoff<unknown> => {
    const openedAt = Date.now();
    if (askedUntil <= openedAt) pausedUntil = openedAt + pauseMs;
    // Read at each call: calls that were under way when the circuit opened may bring a later time.
    return { next, get duration() { return until() - openedAt; } }; // prettier-ignore
  };
  return {
    next,
    until,
    why: () => why,
    note({ why: words, retryAfterSeconds = 0 }: Silence): void {
      why = words;
      const waitMs = Math.min(retryAfterSeconds * 1000, LONGEST_WAIT_MS);
      if (waitMs > MOMENT_MS) askedUntil = Math.max(askedUntil, Date.now() + waitMs);
    },
    secondsAskedFor: (): number | undefined =>
      askedUntil > pausedUntil ? Math.max(1, Math.ceil((askedUntil - Date.now()) / 1000)) : undefined,
  };
}

type Rest = ReturnType<typeof createRest>;

/** Counts what was not answered in a row. A system that has just come back has no more to its credit than one answer. */
function createBreaker(failures: number, rest: Rest) {
  return {
    state: 0,
    success(during: CircuitState): void {
      this.state = during === CircuitState.HalfOpen ? failures - 1 : 0;
    },
    failure(): boolean {
      this.state += 1;
      return this.state >= failures || rest.until() > Date.now();
    },
  };
}

/** cockatiel says "open" again after each try that failed. */
function tellChanges(policy: Policy, tell: () => void): void {
  let wasOpen = false;
  policy.onStateChange((state) => {
    if (state === CircuitState.HalfOpen || (state === CircuitState.Open) === wasOpen) return;
    wasOpen = state === CircuitState.Open;
    tell();
  });
}
