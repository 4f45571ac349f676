import { z } from 'zod';
import { csvProfile } from './formats/csv-profile.ts';
import { jsonProfile } from './formats/json-profile.ts';
import { mappingProfile } from './formats/mapping-profile.ts';
import { cxmlProfile, ublProfile } from './formats/xml-profile.ts';
import { currencyCode, customerNumber } from './order.ts';
import { notifyProfile } from './notify-profile.ts';
import { pollProfile } from './poll-profile.ts';
import { webhookProfile } from './webhook-profile.ts';

/** What partners separate elements with cannot stand in an envelope's ids, which are of fixed length and not escaped. */
const envelopeText = z
  .string()
  .trim()
  .min(1)
  .max(15)
  .regex(/^[\x20-\x7e]*$/, 'must be plain ASCII')
  .regex(/^[^*~^|>]*$/, 'must have none of * ~ ^ | >');

const x12Id = z.strictObject({
  /** Interchange id qualifier, X12 element I05, e.g. `ZZ`, `01`. */
  qualifier: z.string().regex(/^[0-9A-Z]{2}$/),
  /** Interchange id, X12 elements I06 and I07, without the padding. */
  id: envelopeText,
});

/** What becomes of something whose control number was used before: not taken, taken and told, or taken. */
const duplicatePolicy = z.enum(['reject', 'warn', 'process']);

const x12Profile = z.strictObject({
  /** The partner's ISA05/ISA06. */
  partner: x12Id,
  /** Our ISA07/ISA08. */
  us: x12Id,
  /** Application codes GS02 (theirs) and GS03 (ours) where they differ from the ISA ids. */
  partnerApplication: envelopeText.optional(),
  usApplication: envelopeText.optional(),
  /** ISA15 that this source may send: `P` production, `T` test. */
  usage: z.enum(['P', 'T']).default('P'),
  /** From an N1 party, written `<N101>:<N103>:<N104>` such as `BY:92:0042`, to the back office's customer number. */
  customers: z.record(z.string(), customerNumber).default({}),
  /** Product id qualifiers (element 235) that name our SKU, most trusted first. */
  skuQualifiers: z.array(z.string()).default(['VN', 'VP', 'SK', 'MG', 'BP', 'IN', 'UP', 'EN', 'UK']),
  /** What the partner is sent: 997 for what is readable, TA1 where ISA14 asks for it, 855 for what becomes of each order. */
  acknowledge: z.array(z.enum(['997', 'TA1', '855'])).default(['997', 'TA1', '855']),
  /** Hours within which the partner acknowledges our 855 with a 997; later it is missed. */
  expect997Hours: z.number().positive().max(720).default(24),
  /** Deviations that this partner is known for and that are only warned about. */
  tolerate: z.array(z.enum(['segment_count', 'set_count', 'missing_last_terminator'])).default([]),
  /**
   * What to do with an ISA13, a GS06 and an ST02 that came before. Many partners count GS06 anew in each interchange, so
   * a group that repeats one is only told about unless said otherwise. Holds within a document too, but for a GS06 that
   * occurs twice in one interchange: that is refused unless `process` is said.
   */
  duplicates: z
    .strictObject({
      interchange: duplicatePolicy.default('reject'),
      group: duplicatePolicy.default('warn'),
      set: duplicatePolicy.default('reject'),
    })
    .prefault({}),
});

const format = z.enum(['json', 'xml', 'csv', 'x12']);

/** One configured sender on a channel: how its documents are read and how its orders are treated. */
export const sourceProfileSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{1,58}[a-z0-9]$/, 'lower-case letters, digits and dashes'),
    channel: z.enum(['ecommerce', 'edi', 'api', 'manual']),
    /** Formats that are taken from it; without, X12 on channel `edi`, JSON, XML and CSV on the others. */
    formats: z.array(format).min(1).optional(),
    active: z.boolean().default(true),
    /** What happens to orders that pass: see `Gate`. */
    gate: z.enum(['live', 'shadow', 'manual', 'paused']).default('live'),
    /** While it is paused: the gate that it had before, to which it is resumed. */
    gateBeforePause: z.enum(['live', 'shadow', 'manual']).optional(),
    /** Whose orders the gate `live` holds for; the others run as `shadow`. */
    rollout: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('everyone') }),
        z.strictObject({ kind: z.literal('customers'), customers: z.array(customerNumber).min(1) }),
        z.strictObject({ kind: z.literal('percentage'), percentage: z.number().int().min(0).max(100) }),
      ])
      .default({ kind: 'everyone' }),
    /** Hours a review may take before it is escalated, and exceptions by customer number. */
    slaHours: z.number().positive().max(720).default(4),
    customerSlaHours: z.record(z.string(), z.number().positive().max(720)).default({}),
    /** Hours that a change may wait for the order that it changes before a person looks. */
    changeWaitHours: z.number().positive().max(720).default(24),
    /** What to do with a document that carries a card number: mask it and go on, or refuse it. */
    cardNumbers: z.enum(['mask', 'refuse']).default('mask'),
    /** Used where the document is silent. */
    defaults: z.strictObject({ currency: currencyCode.optional(), customerId: customerNumber.optional() }).default({}),
    x12: x12Profile.optional(),
    csv: csvProfile.optional(),
    json: jsonProfile.optional(),
    /** For documents of any other shape than those known by name. */
    mapping: mappingProfile.optional(),
    cxml: cxmlProfile.optional(),
    ubl: ublProfile.optional(),
    webhook: webhookProfile.optional(),
    poll: pollProfile.optional(),
    notify: notifyProfile.optional(),
  })
  .refine((profile) => profile.x12 !== undefined || !formatsOf(profile).includes('x12'), {
    path: ['x12'],
    message: 'a source that sends X12, as those on channel edi do, needs its X12 partner profile',
  })
  .refine(
    ({ mapping, ...profile }) => !mapping || formatsOf(profile).some((name) => name === 'json' || name === 'xml'),
    {
      path: ['mapping'],
      message: 'this table is for JSON and XML; which column of a CSV file is which field stands under csv.columns',
    },
  );

/** A source's profile, complete with its defaults. */
export type SourceProfile = z.infer<typeof sourceProfileSchema>;
/** The X12 part of a source's profile. */
export type X12Profile = NonNullable<SourceProfile['x12']>;

/** What of a profile tells the formats. */
interface SentFormats {
  readonly channel: string;
  readonly formats?: readonly z.infer<typeof format>[] | undefined;
  readonly x12?: unknown;
}

/** The formats that are taken from a source. */
export function formatsOf({ channel, formats, x12 }: SentFormats): readonly z.infer<typeof format>[] {
  if (formats) return formats;
  if (channel === 'edi') return ['x12'];
  return x12 ? ['json', 'xml', 'csv', 'x12'] : ['json', 'xml', 'csv'];
}
