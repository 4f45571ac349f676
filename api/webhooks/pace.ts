/** Lets each source go at its pace: so many messages a minute, and as many at once after a minute's silence. */
export interface Pace {
  /** @returns 0 if the message may pass, else the seconds after which the next one may */
  readonly wait: (source: string, perMinute: number, now: Date) => number;
}

interface Bucket {
  left: number;
  at: number;
}

/** Kept in this process alone: it is a limit against floods, not a contract. */
export function createPace(): Pace {
  const buckets = new Map<string, Bucket>();
  return {
    wait: (source, perMinute, now) => {
      const at = now.getTime();
      const { left, at: before } = buckets.get(source) ?? { left: perMinute, at };
      const filled = Math.min(perMinute, left + ((at - before) * perMinute) / 60_000);
      const mayPass = filled >= 1;
      buckets.set(source, { left: mayPass ? filled - 1 : filled, at });
      return mayPass ? 0 : Math.ceil(((1 - filled) * 60) / perMinute);
    },
  };
}
