import { z } from 'zod';

/** How the integration misbehaves on purpose. */
export const switchesSchema = z.strictObject({
  /** Milliseconds that every page waits. */
  latencyMs: z.number().min(0).max(60_000).optional(),
  /** Answered in place of a page, such as 429 or 500; null for pages. */
  status: z.number().int().min(400).max(599).nullable().optional(),
  /** Seconds in the `Retry-After` of such answers; null for none. */
  retryAfterSeconds: z.number().int().min(0).nullable().optional(),
  /** Answered to every notice, such as 500 or 410; null where it takes them. */
  noticeStatus: z.number().int().min(300).max(599).nullable().optional(),
  /** Pages are cut in the middle, so that they are no JSON. */
  broken: z.boolean().optional(),
  /** Every page is the first one, whatever the cursor. */
  repeated: z.boolean().optional(),
  /** Connections are cut. */
  absent: z.boolean().optional(),
  /** After so many answers the integration behaves again; null for never. */
  times: z.number().int().min(0).nullable().optional(),
});

type Complete<T> = { readonly [Name in keyof T]-?: Exclude<T[Name], undefined> };
export type Switches = Complete<z.infer<typeof switchesSchema>>;

/** An integration that does as it should. */
export const WELL_BEHAVED: Switches = {
  latencyMs: 0,
  status: null,
  retryAfterSeconds: null,
  noticeStatus: null,
  broken: false,
  repeated: false,
  absent: false,
  times: null,
};
