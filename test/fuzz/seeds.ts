import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fillPlaceholders } from '../../cli/samples/placeholders.ts';
import { DEFAULT_SOURCES } from '../../cli/setup.ts';
import { type SourceProfile, sourceProfileSchema } from '../../orders/source.ts';
import { FIXTURES as JSON_FIXTURES } from '../orders/formats/json-fixtures.ts';
import { xmlProfile } from '../orders/formats/xml-fixtures.ts';
import { DOCUMENTS, type SeedDocument } from './documents.ts';
import { type Baseline, takeBaseline } from './oracle.ts';

/** A document to make mutants of. */
export interface Seed extends Baseline {
  readonly name: string;
  /** Format and layout, such as `json/shopify`. */
  readonly label: string;
}

const HOUSE = fileURLToPath(new URL('../../', import.meta.url));
const FIXTURES = join(HOUSE, 'test/orders/formats/fixtures');
/** What files with these endings are sent as. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.csv': 'text/csv',
  '.edi': 'application/edi-x12',
};
/** Larger documents cost time and find nothing that smaller ones do not. */
const LARGEST = 64 * 1024;

/** Which documents are wanted. */
export interface SeedChoice {
  /** A folder of documents instead of those of this repository. */
  readonly corpus?: string | undefined;
  /** How the labels of those wanted begin, such as `json` or `xml/cxml`. */
  readonly format?: string | undefined;
}

/** @throws RangeError where there is none */
export function chooseSeeds({ corpus, format = '' }: SeedChoice): readonly Seed[] {
  const seeds = listSeeds(corpus).filter(({ label }) => label.startsWith(format));
  if (seeds.length === 0) throw new RangeError(`no documents of format "${format}"`);
  return seeds;
}

/** The documents of this repository, or those of a folder, each read by a profile made to fit it. */
function listSeeds(corpus?: string): readonly Seed[] {
  const found =
    corpus === undefined ? [...listOwn(), ...DOCUMENTS] : listFiles(corpus).map((file) => guessed(file, corpus));
  const all = found.filter(({ bytes }) => bytes.length > 0 && bytes.length <= LARGEST);
  return all.map(toSeed);
}

function toSeed({ name, bytes, profile }: SeedDocument): Seed {
  const sender = { profile, contentType: CONTENT_TYPES[extname(name)] ?? 'text/plain' };
  const baseline = takeBaseline(bytes, sender);
  const { format, layout } = baseline.reading;
  return { ...baseline, name, label: `${format ?? 'none'}/${layout ?? 'none'}` };
}

/** Fixtures by the profiles of their tests, samples by those of a fresh installation. */
function listOwn(): readonly SeedDocument[] {
  const of = (folder: string, profileOf: (file: string) => SourceProfile | undefined): readonly SeedDocument[] =>
    listFiles(folder).flatMap((file) => {
      const profile = profileOf(file);
      return profile ? [{ name: file.slice(HOUSE.length), bytes: readSample(file), profile }] : [];
    });
  return [
    ...of(join(HOUSE, 'samples'), (file) => sourceOf(basename(dirname(file)))),
    ...of(join(FIXTURES, 'json'), (file) => JSON_FIXTURES[basename(file, '.json')]),
    ...of(join(FIXTURES, 'csv'), (file) => (file.endsWith('.csv') ? readProfile(file) : undefined)),
    ...of(join(FIXTURES, 'x12'), (file) => guessed(file, FIXTURES).profile),
    ...['xml', 'cxml', 'ubl'].flatMap((name) =>
      of(join(FIXTURES, name), (file) => (file.endsWith('.xml') ? xmlProfile : undefined)),
    ),
  ];
}

function sourceOf(id: string): SourceProfile | undefined {
  return DEFAULT_SOURCES.find((source) => source.id === id);
}

function readProfile(file: string): SourceProfile {
  return sourceProfileSchema.parse(JSON.parse(readFileSync(file.replace(/\.csv$/, '.profile.json'), 'utf8')));
}

/** All days are the same day, so that a seed gives the same mutants tomorrow. */
function readSample(file: string): Uint8Array {
  return new Uint8Array(Buffer.from(fillPlaceholders(readFileSync(file, 'latin1'), '2026-11-23'), 'latin1'));
}

function listFiles(folder: string): readonly string[] {
  const names = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
  return names.flatMap((name) =>
    statSync(name).isDirectory() ? listFiles(name) : extname(name) in CONTENT_TYPES ? [name] : [],
  );
}

/** A generous profile: whoever sent a document may send it, in production or test, for a customer that is known. */
function guessed(file: string, folder: string): SeedDocument {
  const bytes = new Uint8Array(readFileSync(file));
  const isa = Buffer.from(bytes.subarray(0, 106)).toString('latin1');
  const at = (from: number, to: number): string => isa.slice(from, to).trim();
  const x12 = {
    partner: { qualifier: at(32, 34), id: at(35, 50) },
    us: { qualifier: at(51, 53), id: at(54, 69) },
    usage: at(102, 103),
  };
  const common = {
    id: 'corpus',
    channel: 'api',
    defaults: { currency: 'USD', customerId: 'C-1' },
    json: { unpaidOrders: 'take', testOrders: 'take' },
    cxml: {
      deploymentMode: /deploymentMode="test"/.test(Buffer.from(bytes).toString('latin1')) ? 'test' : 'production',
    },
  };
  const profile = sourceProfileSchema.safeParse(isa.startsWith('ISA') ? { ...common, x12 } : common);
  return { name: file.slice(folder.length + 1), bytes, profile: profile.data ?? sourceProfileSchema.parse(common) };
}
