import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvReader } from '../../../orders/formats/csv-documents.ts';
import { writeErrorCsv } from '../../../orders/formats/csv-errors.ts';
import { csvProfile } from '../../../orders/formats/csv-profile.ts';
import { walkCsv } from '../../../orders/formats/csv-reader.ts';
import { readDate, readNumber } from '../../../orders/formats/csv-values.ts';
import { decimal, sum } from '../../../orders/money.ts';
import type { Order } from '../../../orders/order.ts';
import { type SourceProfile, sourceProfileSchema } from '../../../orders/source.ts';

const FOLDER = fileURLToPath(new URL('fixtures/csv/', import.meta.url));
const NAMES = readdirSync(FOLDER).flatMap((name) => /^(.*)\.csv$/.exec(name)?.[1] ?? []);

const read = (name: string) => {
  const bytes = readFileSync(`${FOLDER}${name}.csv`);
  const profile = sourceProfileSchema.parse(JSON.parse(readFileSync(`${FOLDER}${name}.profile.json`, 'utf8')));
  const { parts, findings } = csvReader.split(bytes, profile);
  const orders = parts.map((part) => csvReader.parse(part.bytes, part.locator, profile));
  return { bytes, profile, parts, result: { findings, orders } };
};

describe('csvReader', () => {
  test.each(NAMES)('reads %s as the result beside it says', (name) => {
    const { result } = read(name);
    expect(result).toEqual(JSON.parse(readFileSync(`${FOLDER}${name}.expected.json`, 'utf8')));
  });
});

const PLAIN = sourceProfileSchema.parse({
  id: 'erp',
  channel: 'api',
  defaults: { currency: 'USD', customerId: 'C-1' },
});

/** All orders of a file, as JSON, that no finding stops. */
const listAccepted = (bytes: Uint8Array, profile: SourceProfile = PLAIN): readonly string[] =>
  csvReader.split(bytes, profile).parts.flatMap((part) => {
    const { order, findings } = csvReader.parse(part.bytes, part.locator, profile);
    const isStopped = findings.some(({ disposition }) => disposition !== 'warn');
    return order && !isStopped && isTotalMet(order) ? [JSON.stringify(order)] : [];
  });

/** What the rule TOTAL.MISMATCH asks. */
const isTotalMet = ({ lines, charges, tax, total }: Order): boolean =>
  sum([...lines, ...charges].map(({ amount }) => amount))
    .plus(decimal(tax))
    .equals(decimal(total));

const codesOf = (text: string, profile: SourceProfile = PLAIN): readonly string[] => {
  const { parts, findings } = csvReader.split(Buffer.from(text), profile);
  const ofOrders = parts.flatMap((part) => csvReader.parse(part.bytes, part.locator, profile).findings);
  return [...findings, ...ofOrders].map(({ code }) => code);
};

const withCsv = (csv: object): SourceProfile => sourceProfileSchema.parse({ ...PLAIN, csv });

describe('a file that was cut off', () => {
  test.each(NAMES)('gives no order of %s that differs from the whole file, wherever it was cut', (name) => {
    const { bytes, profile } = read(name);
    const whole = new Set(listAccepted(bytes, profile));
    for (let length = 0; length < bytes.length; length++) {
      for (const order of listAccepted(bytes.subarray(0, length), profile)) {
        expect({ length, isKnown: whole.has(order) }).toEqual({ length, isKnown: true });
      }
    }
  });

  const HEADER = 'po_number,order_date,sku,quantity,unit_price,order_total\n';

  test('is refused as a whole in the middle of a row', () => {
    expect(codesOf(`${HEADER}PO-1,2026-11-23,A,1,2.00,2.00\nPO-2,2026-11-23,B,1`)).toEqual(['CSV.CUT']);
    expect(codesOf(`${HEADER}PO-1,2026-11-23,A,1,2.00,2.00\nPO-2,"2026`)).toEqual(['CSV.CUT']);
  });

  test('is held where its last row has no line end, unless the total proves that nothing is missing', () => {
    expect(listAccepted(Buffer.from(`${HEADER}PO-1,2026-11-23,A,1,100.00,100.00`))).toHaveLength(1);
    expect(listAccepted(Buffer.from(`${HEADER}PO-1,2026-11-23,A,1,100,100`))).toHaveLength(0);
    expect(listAccepted(Buffer.from(`${HEADER}PO-1,2026-11-23,A,1,100,100\n`))).toHaveLength(1);
  });

  test('without a total or a line count is held, for it may have been cut between two rows', () => {
    const text = 'po_number,order_date,sku,quantity,unit_price\nPO-1,2026-11-23,A,1,2.00\n';
    expect(codesOf(text)).toEqual(['CSV.UNPROVEN']);
    expect(listAccepted(Buffer.from(text))).toHaveLength(0);
    expect(listAccepted(Buffer.from(text), withCsv({ unproven: 'warn' }))).toHaveLength(1);
  });

  test('without the agreed end mark is refused, also where the mark counts other rows', () => {
    const profile = withCsv({ endMark: 'EOF' });
    const text = 'po_number,order_date,sku,quantity,unit_price\nPO-1,2026-11-23,A,1,2.00\n';
    expect(codesOf(text, profile)).toEqual(['CSV.END_MARK']);
    expect(codesOf(`${text}EOF,2,,,\n`, profile)).toEqual(['CSV.END_MARK']);
    expect(codesOf(`${text}EOF,1`, profile)).toEqual(['CSV.NO_TOTAL']);
  });

  test('says so where a line count is not met', () => {
    const text = 'po_number,order_date,sku,quantity,unit_price,line_count\nPO-1,2026-11-23,A,1,2.00,2\n';
    expect(codesOf(text)).toContain('CSV.LINE_COUNT');
  });
});

describe('a column named total', () => {
  const file = (...rows: readonly string[]): string =>
    ['po_number,order_date,sku,quantity,unit_price,total', ...rows, ''].join('\n');
  const totals = (text: string): readonly unknown[] =>
    csvReader.split(Buffer.from(text), PLAIN).parts.map((part) => {
      const { order, findings } = csvReader.parse(part.bytes, part.locator, PLAIN);
      return [order?.total, ...findings.map(({ code }) => code)];
    });

  test('is that of the line where each row has what its line comes to', () => {
    const text = file(
      'PO-1,2026-11-23,A,10,50.00,500.00',
      'PO-1,2026-11-23,B,5,100.00,500.00',
      'PO-2,2026-11-23,C,1,9,9',
    );
    expect(totals(text)).toEqual([
      ['1000.00', 'CSV.UNPROVEN'],
      ['9.00', 'CSV.UNPROVEN'],
    ]);
  });

  test('is that of the order where a row has another', () => {
    expect(totals(file('PO-1,2026-11-23,A,10,50.00,1000.00', 'PO-1,2026-11-23,B,5,100.00,1000.00'))).toEqual([
      ['1000.00'],
    ]);
  });

  test('is that of the order where the headers are those of the canonical order', () => {
    const text = file('PO-1,2026-11-23,A,10,50.00,500.00')
      .replace('po_number', 'poNumber')
      .replace('unit_price', 'unitPrice');
    expect(totals(text)).toEqual([['500.00']]);
  });

  test('is held where every order has one row, because nobody can tell', () => {
    expect(totals(file('PO-1,2026-11-23,A,10,50.00,500.00'))).toEqual([['500.00', 'CSV.UNPROVEN']]);
  });
});

describe('rows that cannot be read', () => {
  const { bytes, profile } = read('bad-rows');

  test('refuse the whole file where the profile says so, each with its place', () => {
    const strict = sourceProfileSchema.parse({ ...profile, csv: { badRows: 'refuse_file' } });
    const { parts, findings } = csvReader.split(bytes, strict);
    expect(parts).toEqual([]);
    expect(findings.map(({ code, location }) => `${code} ${location.row ?? ''}`)).toEqual([
      'CSV.BAD_ROWS ',
      'CSV.AMBIGUOUS_NUMBER 2',
      'CSV.STRAY_QUOTE 3',
      'CSV.RAGGED 4',
      'CSV.FORMAT 4',
      'CSV.STRAY_QUOTE 5',
      'CSV.REQUIRED 5',
    ]);
  });

  test('are given back with their errors, and nothing that a spreadsheet would compute', () => {
    const rows = writeErrorCsv(bytes, profile).split('\r\n');
    expect(rows[0]).toBe(
      '\ufeffpo_number,customer_id,order_date,currency,sku,description,quantity,unit_price,order_total,error',
    );
    expect(rows).toHaveLength(6);
    expect(rows[4]).toContain(`"'=HYPERLINK(""x"")"`);
  });

  test('hold the orders beside them where nothing else proves these', () => {
    const text =
      'po_number,order_date,sku,quantity,unit_price\nPO-1,2026-11-23,A,1,2\nPO-1B,2026-11-23,B,1\nPO-1,2026-11-23,C,1,2\n';
    expect(codesOf(text)).toEqual([
      ...['CSV.SCATTERED', 'CSV.DOUBTFUL', 'CSV.UNPROVEN'],
      ...['CSV.RAGGED', 'CSV.REQUIRED', 'CSV.UNPROVEN'],
    ]);
  });

  test('are told where no order number says whose they are', () => {
    expect(codesOf('po_number,sku,quantity\n,A,1\n')).toEqual(['CSV.NO_ORDER_NUMBER']);
  });
});

describe('headers', () => {
  test.each([
    ['po_number,PO Number,sku,quantity', 'CSV.COLUMN_AMBIGUOUS'],
    ['po_number,sku,SKU,quantity', 'CSV.HEADER_TWICE'],
    ['po_number,sku', 'CSV.COLUMN_MISSING'],
    ['po_number;sku,quantity', 'CSV.DELIMITER'],
  ])('%s is refused as %s', (header, code) => {
    expect(codesOf(`${header}\n1,2,3,4\n`)).toContain(code);
  });

  test('are as the profile says where they usually mean something else', () => {
    const profile = withCsv({
      columns: {
        sku: 'Item',
        description: 'SKU',
        unitPrice: { constant: '1.00' },
        orderDate: { column: 'When', default: '2026-11-23' },
      },
    });
    const [part] = csvReader.split(
      Buffer.from('PO,SKU,Item,Qty,When,Total Amount\n1,Hammer,007,2,,2.00\n'),
      profile,
    ).parts;
    const { order, findings } = csvReader.parse(part?.bytes ?? Buffer.of(), part?.locator, profile);
    expect(findings).toEqual([]);
    expect(order).toMatchObject({
      orderDate: '2026-11-23',
      lines: [{ sku: '007', description: 'Hammer', unitPrice: '1.00' }],
    });
  });
});

describe('numbers and dates', () => {
  const style = { decimalMark: undefined, thousandsSeparator: undefined, delimiter: ',' };
  test.each([
    ['1234.50', {}, '1234.50'],
    ['.5', {}, '0.5'],
    ['0.125', { delimiter: ';' }, '0.125'],
    ['-3', {}, '-3'],
    ['1.234,56', { decimalMark: ',', thousandsSeparator: '.' }, '1234.56'],
    ["1'234.5", { decimalMark: '.', thousandsSeparator: "'" }, '1234.5'],
    ['1\u00a0234,5', { decimalMark: ',', thousandsSeparator: ' ' }, '1234.5'],
  ] as const)('%s is read exactly', (written, other, text) => {
    expect(readNumber(written, { ...style, ...other })).toEqual({ text });
  });

  test.each([
    ['1,234', {}, true],
    ['1.234', { delimiter: ';' }, true],
    ['12,50', {}, false],
    ['12.', {}, false],
    ['1.23.4', { decimalMark: ',', thousandsSeparator: '.' }, false],
    ['1e3', {}, false],
    ['€ 5', {}, false],
    ['5-', {}, false],
    ['', {}, false],
  ] as const)('%s is refused rather than guessed', (written, other, isAmbiguous) => {
    expect(readNumber(written, { ...style, ...other }).problem).toMatchObject({ isAmbiguous });
  });

  test('dates are read as the profile writes them, and no two formats may clash', () => {
    expect(readDate('1.12.2026', { dateFormats: ['D.M.YYYY'] })).toEqual({ text: '2026-12-01' });
    expect(readDate('20261201', { dateFormats: ['YYYYMMDD'] })).toEqual({ text: '2026-12-01' });
    expect(readDate('12/01/2026', { dateFormats: [] }).problem).toBeDefined();
    expect(csvProfile.safeParse({ dateFormats: ['DD/MM/YYYY', 'MM/DD/YYYY'] }).success).toBe(false);
  });
});

test('lines that come to more than an order can hold are borne', () => {
  const lines = [`P-1,2026-11-23,A,1,${'9'.repeat(18)},10.00`, 'P-1,2026-11-23,B,1,5.00,10.00'];
  const text = `po_number,order_date,sku,quantity,unit_price,order_total\n${lines.join('\n')}`;
  expect(listAccepted(Buffer.from(text))).toEqual([]);
});

describe('card numbers', () => {
  const HEADER = 'po_number,sku,quantity,note,cvv,card';

  test.each(['utf8', 'utf16le'] as const)(
    'are masked in %s where they are no identifiers, with row and column',
    (encoding) => {
      const mark = encoding === 'utf8' ? '' : '\ufeff';
      const bytes = Buffer.from(
        `${mark}${HEADER}\n4111111111111111,4111111111111111,1,"é, pay 4111 1111 1111 1111",123,5555555555554444\n`,
        encoding,
      );
      const masked = csvReader.mask(bytes, PLAIN);
      expect(Buffer.from(masked.bytes).toString(encoding)).toBe(
        `${mark}${HEADER}\n4111111111111111,4111111111111111,1,"é, pay **** **** **** 1111",***,************4444\n`,
      );
      expect(masked.findings.map(({ code, location: { row, column } }) => [code, row, column])).toEqual([
        ['CARD.MASKED', 2, 37],
        ['CARD.MASKED', 2, 66],
        ['CARD.MASKED', 2, 70],
      ]);
    },
  );

  test('are masked in what cannot be read as rows', () => {
    const { bytes, findings } = csvReader.mask(Buffer.from(`${HEADER}\n1,2,3,"pay 4111111111111111`), PLAIN);
    expect(Buffer.from(bytes).toString()).toBe(`${HEADER}\n1,2,3,"pay ************1111`);
    expect(findings).toHaveLength(1);
  });
});

describe('locate', () => {
  test('gives row and place in the document of a field of an order in the middle of it', () => {
    const { bytes, parts, profile } = read('tab-and-quotes');
    const [part] = parts;
    const location = csvReader.locate(part?.bytes ?? bytes, part?.locator, profile, '/lines/1/unitPrice');
    expect(location).toMatchObject({ row: 5, line: 7 });
    expect(bytes.subarray(location.offset).toString()).toMatch(/^99\.5\|/);
  });
});

describe('any file', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' ', 'é', '🏔', '0', '=', "'") });
  const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;

  test('is read as it was written, with the place of each field, in any encoding and with any line ends', () => {
    const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 });
    const style = fc.record({
      eol: fc.constantFrom('\n', '\r\n', '\r'),
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      wide: fc.boolean(),
    });
    fc.assert(
      fc.property(table, style, (rows, { eol, delimiter, wide }) => {
        const written = [['x', 'y', 'z'], ...rows].map((row) => row.map(quote).join(delimiter) + eol).join('');
        const bytes = wide ? Buffer.from(`\ufeff${written}`, 'utf16le') : Buffer.from(written);
        const seen: string[][] = [];
        const fault = walkCsv(bytes, csvProfile.parse({}), {
          header: () => undefined,
          row: ({ values, starts, ends }) => {
            seen.push([...values]);
            const raw = starts.map((start, index) =>
              bytes.subarray(start, ends[index]).toString(wide ? 'utf16le' : 'utf8'),
            );
            expect(raw).toEqual(values.map(quote));
          },
        });
        expect(fault).toBeUndefined();
        expect(seen).toEqual(rows.filter((row) => row.some((value) => value.trim() !== '')));
      }),
    );
  });

  test('is borne: no bytes make any part of reading fail, and masking keeps the length', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.constantFrom('po,sku,qty\n', 'a', '"', ',', '\n', '\ufeff', 'é', '1'))
        .map((pieces) => Buffer.from(pieces.join(''))),
    );
    fc.assert(
      fc.property(bytes, (any) => {
        csvReader.inspect(any, PLAIN);
        csvReader.parse(any, null, PLAIN);
        csvReader.locate(any, null, PLAIN, '/lines/0/sku');
        writeErrorCsv(any, PLAIN);
        expect(csvReader.mask(any, PLAIN).bytes).toHaveLength(any.length);
      }),
    );
  });

  test.each([
    ['one endless field in quotes', `po,sku,qty\n"${'x'.repeat(5_000_000)}`, 'CSV.TOO_LARGE'],
    ['quotes without end inside a field', `po,sku,qty\n1,x${'"'.repeat(200_000)},1`, 'CSV.QUOTE'],
    ['a million commas', `po,sku,qty\n${','.repeat(1_000_000)}`, 'CSV.TOO_LARGE'],
    ['a million quotes', `po,sku,qty\n${'"'.repeat(1_000_001)}`, 'CSV.TOO_LARGE'],
    ['a million blank rows', `po,sku,qty\n${'\n'.repeat(1_000_000)}`, 'CSV.TOO_LARGE'],
    ['zero bytes', 'po,sku,qty\n\0,1,2\n', 'CSV.ENCODING'],
  ])(
    'with %s is refused in bounded time',
    (_, text, code) => {
      expect(csvReader.inspect(Buffer.from(text), PLAIN).findings.map((finding) => finding.code)).toEqual([code]);
    },
    20_000,
  );
});
