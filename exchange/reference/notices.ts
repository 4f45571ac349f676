import { createHmac, timingSafeEqual } from 'node:crypto';

/** A notice as it came: by webhook, signed. */
export interface KeptNotice {
  /** `webhook-id` */
  readonly id: string;
  /** What it says: `type`, `timestamp` and `data`. */
  readonly notice: unknown;
  /** How often it came. */
  readonly times: number;
}

/** What a receiver of webhooks is given. */
export interface PostedNotice {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: string;
  readonly signature: string;
  readonly body: Buffer;
}

/** The notices that the integration was told, in memory. */
export interface NoticeBox {
  /** Keeps a notice once, however often it comes. @returns whether it is genuine */
  readonly take: (posted: PostedNotice) => boolean;
  readonly list: () => readonly KeptNotice[];
}

/** Messages older than this may have been recorded by somebody. */
const WINDOW_SECONDS = 300;

/** Makes an empty box. @param secret `whsec_` and the key in base64 */
export function createNoticeBox(secret: string): NoticeBox {
  const kept = new Map<string, KeptNotice>();
  return {
    take: (posted) => {
      if (!isGenuine(posted, secret)) return false;
      const { id, body } = posted;
      const before = kept.get(id);
      // The same id is the same notice: whoever sends cannot know that an answer was lost.
      kept.set(
        id,
        before ? { ...before, times: before.times + 1 } : { id, notice: JSON.parse(body.toString()), times: 1 },
      );
      return true;
    },
    list: () => [...kept.values()],
  };
}

/**
 * Whether a message was signed by who knows the secret, and now: what every receiver does before it believes a word.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function isGenuine({ id, timestamp, signature, body }: PostedNotice, secret: string): boolean {
  const age = Date.now() / 1000 - Number(timestamp);
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(age) > WINDOW_SECONDS) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  // There is one signature for each secret that is good at the moment.
  return signature.split(' ').some((one) => {
    const offered = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return one.startsWith('v1,') && offered.length === expected.length && timingSafeEqual(offered, expected);
  });
}
