/** The calls of the document, by operation id. */
export const CALLS = [
  'getFacts',
  'reserve',
  'release',
  'submit',
  'status',
  'amend',
  'cancel',
  'takeBackorders',
  'searchCustomers',
  'searchProducts',
  'ping',
] as const;

/** One call of the document. */
export type Call = (typeof CALLS)[number];

/** How the server misbehaves on purpose. Rates are from 0 (never) to 1 (always). */
export interface Switches {
  /** Milliseconds that every affected call waits, and how many at random come on top. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Rate of calls that do nothing and answer `errorStatus`. */
  readonly errorRate: number;
  readonly errorStatus: number;
  /** Seconds in the `Retry-After` of such answers; null for none. */
  readonly retryAfterSeconds: number | null;
  /** The server is gone: connections are cut before anything is done. */
  readonly absent: boolean;
  /** Rate of calls that do their work and keep it, and whose connection is cut before the answer. */
  readonly loseAnswers: number;
  /** Rate of calls that do their work and answer something that the document does not know. */
  readonly wrongAnswers: number;
  /** The calls that all this holds for; empty for every call. */
  readonly calls: readonly Call[];
  /** After so many failures the server behaves again; null for never. */
  readonly times: number | null;
}

/** A server that does as it should. */
const WELL_BEHAVED: Switches = {
  latencyMs: 0,
  jitterMs: 0,
  errorRate: 0,
  errorStatus: 500,
  retryAfterSeconds: null,
  absent: false,
  loseAnswers: 0,
  wrongAnswers: 0,
  calls: [],
  times: null,
};

/** What happens to one call. */
export interface Fate {
  readonly delayMs: number;
  readonly outcome: 'answered' | 'absent' | 'error' | 'lost' | 'wrong';
}

/** The server's switches while it runs. */
export interface SwitchBoard {
  get(): Switches;
  set(change: Partial<Switches>): Switches;
  reset(): Switches;
  /** Decides what happens to a call that has just come in. */
  draw(call: Call): Fate;
}

/** Makes the switches; `random` gives numbers from 0 up to 1. */
export function createSwitchBoard(initial: Partial<Switches>, random: () => number): SwitchBoard {
  let switches: Switches = { ...WELL_BEHAVED, ...initial };
  const set = (change: Partial<Switches>) => (switches = { ...switches, ...change });
  return {
    get: () => switches,
    set,
    reset: () => (switches = WELL_BEHAVED),
    draw: (call) => {
      if (switches.calls.length > 0 && !switches.calls.includes(call)) return { delayMs: 0, outcome: 'answered' };
      const outcome = switches.times === 0 ? 'answered' : drawOutcome(switches, random);
      if (outcome !== 'answered' && switches.times !== null) set({ times: switches.times - 1 });
      return { delayMs: switches.latencyMs + random() * switches.jitterMs, outcome };
    },
  };
}

function drawOutcome(switches: Switches, random: () => number): Fate['outcome'] {
  if (switches.absent) return 'absent';
  if (random() < switches.errorRate) return 'error';
  if (random() < switches.loseAnswers) return 'lost';
  return random() < switches.wrongAnswers ? 'wrong' : 'answered';
}
