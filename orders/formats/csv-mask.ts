import { cardFinding, isIdentifier, isSecurityCode, maskCardNumbers, type MaskedField, maskJson } from '../cards.ts';
import type { SourceProfile } from '../source.ts';
import { meaningOf } from './csv-columns.ts';
import { csvProfileOf } from './csv-profile.ts';
import { type CsvHeader, type CsvRow, locateField, walkCsv } from './csv-reader.ts';
import type { Masked } from './format.ts';

/** Fields whose digits identify something other than a card, whatever their headers are. */
const IDENTIFYING = /^(?:poNumber|externalId|customerId|line|sku|ids\..*|shipTo\.id|billTo\.id|contact\.phone)$/;
/** Fewer digits are no card number, whatever stands between. */
const MAY_HOLD_CARD = /\d(?:\D{0,4}\d){12}/;
const STAR = '*'.charCodeAt(0);
const MOST_FINDINGS = 100;

/**
 * Masks card numbers in a CSV file before it is first written: in free text and payment columns to their last four
 * digits, in columns of card security codes all digits. Columns of identifiers are left alone. What cannot be read as rows
 * is masked as free text. The length stays.
 */
export function maskCsv(bytes: Uint8Array, profile: SourceProfile): Masked {
  const masked = Uint8Array.from(bytes);
  const fields: MaskedField[] = [];
  let header: CsvHeader | undefined;
  let kinds: readonly ColumnKind[] = [];
  let end = 0;
  const visit = (row: CsvRow, kindOf: (index: number) => ColumnKind): void => {
    end = row.end;
    row.values.forEach((value, index) => {
      const kind = kindOf(index);
      if (kind === 'identifier' || !(kind === 'secret' ? /\d/ : MAY_HOLD_CARD).test(value)) return;
      if (!maskField(masked, row, index, kind, header) || fields.length >= MOST_FINDINGS) return;
      const name = maskCardNumbers(header?.values[index] ?? '').text;
      fields.push({ name: name === '' ? 'the header' : name, location: locateField(row, index) });
    });
  };
  const fault = walkCsv(bytes, csvProfileOf(profile), {
    header: (found) => {
      header = found;
      kinds = found.values.map((name) => kindOfColumn(name, profile));
      visit(found, () => 'text');
    },
    row: (row) => {
      visit(row, (index) => kinds[index] ?? 'text');
    },
  });
  const findings = fields.map((field) => cardFinding(field, profile));
  return fault ? maskRest(masked, end, findings, profile) : { bytes: masked, findings };
}

/** How a column is masked: as free text, digit by digit, or not at all. */
type ColumnKind = 'text' | 'secret' | 'identifier';

function kindOfColumn(name: string, profile: SourceProfile): ColumnKind {
  if (isSecurityCode(name)) return 'secret';
  const field = meaningOf(name, csvProfileOf(profile));
  return isIdentifier([name]) || (field !== undefined && IDENTIFYING.test(field)) ? 'identifier' : 'text';
}

/** Masks one field in place; whether there was anything to mask. */
function maskField(
  bytes: Uint8Array,
  { starts, ends }: CsvRow,
  index: number,
  kind: ColumnKind,
  header: CsvHeader | undefined,
): boolean {
  const start = starts[index] ?? 0;
  const field = bytes.subarray(start, ends[index]);
  const { encoding = 'utf-8' } = header ?? {};
  const isWide = encoding.startsWith('utf-16');
  // One character a byte: all that matters is ASCII, and card numbers are known with the bytes of what stands between.
  const written = isWide
    ? new TextDecoder(encoding, { ignoreBOM: true }).decode(field)
    : Buffer.from(field).toString('latin1');
  const changed = kind === 'secret' ? written.replace(/\d/g, '*') : maskCardNumbers(written).text;
  const low = encoding === 'utf-16be' ? 1 : 0;
  for (let at = 0; at < written.length; at++) {
    if (written[at] !== changed[at]) bytes[start + (isWide ? 2 * at + low : at)] = STAR;
  }
  return written !== changed;
}

/** Masks what stands behind the last row that could be read. A text that is no JSON is masked there as free text. */
function maskRest(bytes: Uint8Array, from: number, findings: Masked['findings'], profile: SourceProfile): Masked {
  const rest = maskJson(bytes.subarray(from), profile);
  bytes.set(rest.bytes, from);
  const moved = rest.findings.map((finding) => {
    const { offset = 0 } = finding.location;
    return { ...finding, path: '', location: { offset: from + offset } };
  });
  return { bytes, findings: [...findings, ...moved].slice(0, MOST_FINDINGS) };
}
