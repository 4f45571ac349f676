import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { fillPlaceholders } from './placeholders.ts';

/** What is to become of one order. */
const expectedOrder = z.strictObject({
  state: z.string(),
  /** Codes of all its findings, warnings too. */
  findings: z.array(z.string()).default([]),
});

const sampleSchema = z.strictObject({
  /** What the sample shows, in a few words. */
  what: z.string().min(1),
  /** Under `samples/`; the folder is the source that sends it. */
  file: z.string().regex(/^[a-z0-9-]+\/[\w.-]+\.(?:json|xml|csv|edi)$/),
  /** Sent before: it must be answered with the same document. */
  again: z.boolean().default(false),
  idempotencyKey: z.string().optional(),
  /** By PO number; none where the whole document is refused. */
  orders: z.record(z.string(), expectedOrder).default({}),
  /** Why the document, or a part of it that is no order, is refused: codes of findings, or the problem's name. */
  refused: z.array(z.string()).default([]),
  /** Kinds of acknowledgments that must have gone out about the document. */
  acknowledgments: z.array(z.string()).default([]),
});

/** One document to feed in, and what is to become of it. */
export type Sample = z.infer<typeof sampleSchema> & {
  /** Id of the source that sends it. */
  readonly source: string;
};

const FOLDER = fileURLToPath(new URL('../../samples', import.meta.url));
const LIST = 'expectations.json';

/** All samples in the order in which they are to be fed in. @throws ZodError if the list is not as it should be. */
export function readSamples(): readonly Sample[] {
  const listed = z.array(sampleSchema).parse(JSON.parse(readFileSync(join(FOLDER, LIST), 'utf8')));
  return listed.map((sample) => ({ ...sample, source: dirname(sample.file) }));
}

/** The bytes of a sample with its dates filled in. @param today the samples' day, see {@link keepToday} */
export function readSample(file: string, today: string): Buffer {
  return Buffer.from(fillPlaceholders(readFileSync(join(FOLDER, file), 'utf8'), today));
}

/**
 * The samples' day: that of the first run on this folder, kept in it. A document that is sent again must have the same
 * bytes, or it would be another one.
 */
export function keepToday(varDir: string): string {
  const kept = findToday(varDir);
  if (kept !== undefined) return kept;
  const today = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
  mkdirSync(varDir, { recursive: true });
  writeFileSync(join(varDir, TODAY), `${today}\n`, { flush: true });
  return today;
}

/** The samples' day, if there was a first run. */
export function findToday(varDir: string): string | undefined {
  const path = join(varDir, TODAY);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

const TODAY = 'samples.today';
