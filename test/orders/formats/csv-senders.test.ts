import { describe, expect, test } from '@jest/globals';
import { csvReader } from '../../../orders/formats/csv-documents.ts';
import type { CsvProfile } from '../../../orders/formats/csv-profile.ts';
import { type SourceProfile, sourceProfileSchema } from '../../../orders/source.ts';

/* Files as senders write them: what becomes of each, and what is told of it, in whose row. */

const DEFAULTS = { currency: 'USD', customerId: 'C-1' };
const source = (csv: object = {}, defaults: object = DEFAULTS): SourceProfile =>
  sourceProfileSchema.parse({ id: 'erp', channel: 'api', defaults, csv });

/** What is told of a file and of its orders: what it does, its code, its row, its words. */
const read = (file: string | Uint8Array, profile = source()) => {
  const { parts, findings } = csvReader.split(Buffer.from(file as string), profile);
  const results = parts.map((part) => csvReader.parse(part.bytes, part.locator, profile));
  const told = [...findings, ...results.flatMap((result) => result.findings)].map(
    ({ disposition, code, path, location, message }) => `${disposition} ${code} ${path} row ${location.row ?? '?'}: ${message}`, // prettier-ignore
  );
  return { orders: results.map(({ order }) => order), order: results[0]?.order, told, findings, parts };
};

const HEADER = 'po_number,order_date,sku,quantity,unit_price,order_total';
const ROW = 'P-1,2026-11-23,A,1,2.00,2.00';

describe('columns that the profile names', () => {
  const columns: CsvProfile['columns'] = {
    poNumber: 'Bestellnr', sku: 'Artikel', quantity: 'Menge', unitPrice: { constant: '2.00' }, orderDate: 'Datum', note: null,
  }; // prettier-ignore

  test('may be numbered where a row is an order', () => {
    const { order, told } = read(
      'Bestellnr;Artikel 1;Menge 1;Artikel 2;Menge 2;Farbe 1;Notiz;Datum\nB-1;A;2;B;3;rot;bald;2026-11-23\n',
      source({ rows: 'order', columns }),
    );
    expect(order).toMatchObject({
      poNumber: 'B-1',
      lines: [{ sku: 'A', quantity: '2' }, { sku: 'B', quantity: '3', unitPrice: '2.00' }],
      total: '10.00',
      notes: [],
      extensions: { 'Farbe 1': 'rot', Notiz: 'bald' },
    }); // prettier-ignore
    expect(told).toEqual([
      'warn CSV.NO_TOTAL /total row 2: No column gives the total of the order: it was computed from the lines.',
      'warn CSV.UNKNOWN_COLUMN /extensions row 1: 2 columns have no meaning in an order: kept under "extensions", without effect.',
    ]);
  });

  test('must be there, unless there is a value for rows without them', () => {
    const named = { unit: 'Einheit', orderDate: { column: 'Date', default: '2026-11-23' } };
    expect(read(`${HEADER}\n${ROW}\n`, source({ columns: named })).told).toEqual([
      'reject CSV.COLUMN_MISSING  row 1: The column "Einheit", which the source profile names for unit, is not in the file.',
    ]);
    const { orderDate } = named;
    const file = 'po_number,sku,quantity,unit_price,order_total\nP-1,A,1,2.00,2.00\n';
    expect(read(file, source({ columns: { orderDate } }))).toMatchObject({ told: [], order: { orderDate: '2026-11-23' } });
  }); // prettier-ignore

  test('win over others that seem to mean the same, numbered or not', () => {
    const file = 'po_number,Item,SKU,sku_1,qty,unit_price,order_total,order_date\nP-1,A,old-7,old-8,1,2.00,2.00,2026-11-23\n';
    expect(read(file, source({ columns: { sku: 'Item' } })).order).toMatchObject({
      lines: [{ sku: 'A' }],
      extensions: { SKU: 'old-7', sku_1: 'old-8' },
    });
  }); // prettier-ignore

  test('with a value that cannot be read are told as the profile, not as a place in the file', () => {
    const file = 'po_number,order_date,sku,quantity,order_total\nP-1,2026-11-23,A,1,2.00\n';
    const profile = source({ columns: { unitPrice: { constant: '1,234' }, lineCount: { constant: '3' } } });
    expect(read(file, profile).told).toEqual([
      `reject CSV.AMBIGUOUS_NUMBER /lines/0/unitPrice row 2: The profile's value for unitPrice can be read in two ways: let the source profile say the decimal mark.`,
      'reject CSV.LINE_COUNT /lines row 2: The order has 1 lines, but says that it has another number: send all of its rows.',
    ]);
  });

  test('that give a name or a note are masked, those that give an order number are not', () => {
    const profile = source({ columns: { poNumber: 'Ref', note: 'Bemerkung' } });
    const file = 'Ref,Bemerkung,sku,quantity\n4111111111111111,4111111111111111,A,1\n';
    expect(Buffer.from(csvReader.mask(Buffer.from(file), profile).bytes).toString()).toBe(
      'Ref,Bemerkung,sku,quantity\n4111111111111111,************1111,A,1\n',
    );
  });
});

describe('what headers usually mean', () => {
  test('reaches the whole order, addresses with their lines in order', () => {
    const file =
      'po_number,customer_id,order_date,Art,Zahlart,ship_to_address2,ship_to_name,ship_to_address1,ship_to_city,ship_to_country,' +
      'sku,ean,line_delivery_date,quantity,unit_price,discount,Fracht,Zoll,order_total\n' +
      'P-1,77,2026-11-23,NEW,prepaid,2 Mill Lane,Acme,Dock 4,Leeds,gb,A,4006381333931,2026-12-01,2,2.00,0.50,3.00,1.00,7.50\n';
    const columns = { type: 'Art', 'payment.method': 'Zahlart', 'charges.FREIGHT': 'Fracht', 'charges.DUTIES': 'Zoll' };
    const { order, told } = read(file, source({ columns, customers: { 77: 'C-1001' } }));
    expect(told).toEqual([]);
    expect(order).toMatchObject({
      type: 'new',
      customerId: 'C-1001',
      payment: { method: 'prepaid' },
      shipTo: { name: 'Acme', lines: ['Dock 4', '2 Mill Lane'], city: 'Leeds', country: 'GB' },
      lines: [{ ids: { EN: '4006381333931' }, requestedDeliveryDate: '2026-12-01', discounts: [{ amount: '0.50' }] }],
      charges: [{ code: 'FREIGHT', amount: '3.00' }, { code: 'DUTIES', amount: '1.00' }],
    }); // prettier-ignore
  });

  test('leaves columns without a meaning beside the order, with or without a header', () => {
    const file = `${HEADER},Colour,\nP-1,2026-11-23,A,1,2.00,4.00,red,x\nP-1,2026-11-23,B,1,2.00,4.00,blue,x\n`;
    const { order, told } = read(file);
    expect(order?.extensions).toEqual({ Colour: ['red', 'blue'], 'column 8': 'x' });
    expect(told).toEqual([
      'warn CSV.UNKNOWN_COLUMN /extensions row 1: 2 columns have no meaning in an order: kept under "extensions", without effect.',
    ]);
    expect(read(`${HEADER},Colour\n${ROW},red\n`).told).toEqual([
      'warn CSV.UNKNOWN_COLUMN /extensions row 1: A column has no meaning in an order: kept under "extensions", without effect.',
    ]);
  });

  test('that no column has is told of the order or of its row', () => {
    const file = 'po_number,order_date,sku,quantity,line_count\nP-1,2026-11-23,A,1,1\n';
    expect(read(file, source({}, { customerId: 'C-1' })).told).toEqual([
      'reject CSV.REQUIRED /currency row 2: "currency" (no column gives it) is missing: every order needs it.',
      'reject CSV.REQUIRED /lines/0/unitPrice row 2: "unitPrice" of row 2 (no column gives it) is missing: every order needs it.',
      'warn CSV.NO_TOTAL /total row 2: No column gives the total of the order: it was computed from the lines.',
    ]);
  });

  test('does not make a total that of lines which have no price', () => {
    expect(read('po_number,order_date,sku,quantity,total\nP-1,2026-11-23,A,1,2.00\n').told).toEqual([
      'reject CSV.REQUIRED /lines/0/unitPrice row 2: "unitPrice" of row 2 (no column gives it) is missing: every order needs it.',
    ]);
  });
});

describe('what an order says twice', () => {
  test('must be the same in all of its rows: a charge too', () => {
    const file = 'po_number,order_date,sku,quantity,unit_price,Fracht,order_total\nP-1,2026-11-23,A,1,2.00,5.00,9.00\nP-1,2026-11-23,B,1,2.00,6.00,9.00\n';
    expect(read(file, source({ columns: { 'charges.FREIGHT': 'Fracht' } })).told).toEqual([
      'hold CSV.DIFFERS /charges row 3: Column "Fracht" says one thing in row 2 and another in row 3, but the order has it once: correct one of them.',
    ]);
  }); // prettier-ignore

  test('is told with the rows of the order where others stand between them', () => {
    const file = `${HEADER}\nP-1,2026-11-23,A,1,2.00,6.00\nP-1,2026-11-23,B,1,2.00,6.00\nP-2,2026-11-23,A,1,2.00,2.00\nP-1,2026-11-23,C,1,2.00,6.00\n`;
    expect(read(file).told).toEqual([
      'warn CSV.SCATTERED  row 2: Rows of other orders stand between the rows of this one (2 to 3, 5): is it one order?',
    ]);
  });
});

describe('a last row without a line end', () => {
  const HEAD = 'po_number,order_date,order_total,sku,quantity,unit_price';
  const does = (file: string): readonly string[] => read(file).told.map((words) => words.split(' row')[0] ?? '');

  test('is believed where the total rests on its last field', () => {
    expect(does(`${HEAD}\nP-1,2026-11-23,6.00,A,3,2.00`)).toEqual(['warn CSV.NO_LINE_END ']);
    expect(does(`${HEAD},amount\nP-1,2026-11-23,6.00,A,3,2.00,6.00`)).toEqual(['warn CSV.NO_LINE_END ']);
  });

  test('is held where a line of nothing rests on it, or the price does not count', () => {
    const free = 'P-1,2026-11-23,6.00,A,3,2.00,6.00\nP-1,2026-11-23,6.00,B,0,2.00,0';
    expect(does(`${HEAD},amount\n${free}`)).toEqual(['hold CSV.NO_LINE_END ']);
    const priced = 'po_number,order_date,order_total,sku,quantity,amount,unit_price\nP-1,2026-11-23,6.00,A,3,6.00,2.00';
    expect(does(priced)).toEqual(['hold CSV.NO_LINE_END ']);
  });
});

describe('the end mark', () => {
  const profile = source({ endMark: 'EOF' });

  test('may stand alone, but nothing behind it', () => {
    expect(read(`${HEADER}\n${ROW}\nEOF\n`, profile).told).toEqual([]);
    expect(read(`${HEADER}\n${ROW}\nEOF,1,,,,\n${ROW}\n`, profile).told).toEqual([
      'reject CSV.END_MARK  row 3: Rows stand behind the end mark in row 3.',
    ]);
  });
});

describe('a source that wants a file whole or not at all', () => {
  const profile = source({ badRows: 'refuse_file' });

  test('gets all of it where nothing is wrong', () => {
    expect(read(`${HEADER}\n${ROW}\n`, profile)).toMatchObject({ told: [], order: { total: '2.00' } });
  });

  test('is told of many mistakes, but not of all', () => {
    const rows = Array.from({ length: 400 }, (_, index) => `P-${index},2026-11-23,A,some,2.00,2.00`);
    const { parts, findings } = read(`${HEADER}\n${rows.join('\n')}\n`, profile);
    expect(parts).toEqual([]);
    expect(findings[0]?.code).toBe('CSV.BAD_ROWS');
    expect(findings.length).toBeLessThanOrEqual(100);
  });
});

describe('what cannot be read', () => {
  test('is told with its row and field', () => {
    expect(read(`${HEADER}\nP-1,2026-11-23,"A"x,1,2.00,2.00\n`).told).toEqual([
      'reject CSV.QUOTE  row 2: The file cannot be read as CSV: field 3 of row 2 goes on behind its closing quote: write a quote inside quotes twice.',
    ]);
    expect(read(`${HEADER},\n${ROW},5" bolt\n`).told).toContain(
      'reject CSV.STRAY_QUOTE  row 2: Column 7 of row 2 has a quote in it: put the field in quotes and write that quote twice.',
    );
    expect(read(`${HEADER}\nP-1,11/23/2026,A,1,2.00,2.00\n`, source({ dateFormats: ['DD.MM.YYYY'] })).told).toEqual([
      'reject CSV.FORMAT /orderDate row 2: Column "order_date" of row 2 is not a date such as "2026-12-01" or DD.MM.YYYY: correct it, or let the source profile say its format.',
    ]);
    expect(read(Buffer.from('\ufeffpo,sku,qty\n\0,1,2\n', 'utf16le')).told).toEqual([
      'reject CSV.ENCODING  row ?: The file cannot be read as CSV: a zero byte stands in the text; UTF-16 needs a byte order mark, or the encoding in the profile.',
    ]);
  });

  test('is read with the delimiter of the profile where other characters stand more often', () => {
    const file = `${HEADER.replaceAll(',', '|')}\nP-1|2026-11-23|A, B, C, D, E, F|1|2.00|2.00\n`;
    expect(read(file, source({ delimiter: '|' })).order?.lines[0]?.sku).toBe('A, B, C, D, E, F');
  });
});

describe('one order alone', () => {
  const parse = (file: string, profile = source()) => csvReader.parse(Buffer.from(file), null, profile);

  test('is read from a file that holds one, and found in it', () => {
    const file = `${HEADER}\n${ROW}\n`;
    expect(parse(file)).toMatchObject({ order: { poNumber: 'P-1' }, findings: [] });
    expect(csvReader.locate(Buffer.from(file), null, source(), '/lines/0/quantity')).toMatchObject({ row: 2, column: 18 });
    expect(csvReader.locate(Buffer.from(file), null, source(), '/extensions')).toMatchObject({ row: 2, column: 1 });
  }); // prettier-ignore

  test('is not guessed where the file holds several, or none', () => {
    const two = `${HEADER}\n${ROW}\nP-2,2026-11-23,A,1,2.00,2.00\n`;
    expect(parse(two)).toMatchObject({ order: null, findings: [{ code: 'CSV.MANY', message: 'The file holds 2 orders where one was expected.' }] });
    expect(csvReader.locate(Buffer.from(two), null, source(), '/poNumber')).toEqual({});
    expect(parse(`${HEADER}\n`)).toMatchObject({ order: null, findings: [{ code: 'CSV.EMPTY' }] });
  }); // prettier-ignore

  test('is refused where the profile does not fit its file any more, or its bytes are damaged', () => {
    const [part] = read(`${HEADER}\n${ROW}\nP-2,2026-11-23,A,1,2.00,2.00\n`).parts;
    const renamed = source({ columns: { sku: 'Artikel' } });
    expect(csvReader.parse(part!.bytes, part!.locator, renamed)).toMatchObject({ order: null, findings: [{ code: 'CSV.COLUMN_MISSING' }, { code: 'CSV.COLUMN_MISSING' }] });
    const damaged = Buffer.concat([part!.bytes, Buffer.from([0xff])]);
    expect(csvReader.parse(damaged, part!.locator, source())).toMatchObject({ order: null, findings: [{ code: 'CSV.ENCODING' }] });
    expect(csvReader.locate(Buffer.of(), part!.locator, source(), '/poNumber')).toEqual({});
  }); // prettier-ignore
});

describe('card numbers', () => {
  test('are masked in UTF-16 of either byte order', () => {
    const file = Buffer.from('\ufeffpo,sku,qty,note\n1,A,1,4111111111111111\n', 'utf16le').swap16();
    const masked = Buffer.from(csvReader.mask(file, source()).bytes).swap16().toString('utf16le');
    expect(masked).toBe('\ufeffpo,sku,qty,note\n1,A,1,************1111\n');
  });

  test('are all masked, however many; a hundred of them are told, a column without a header by its place', () => {
    const rows = Array.from({ length: 150 }, () => '1,A,1,4111111111111111\n');
    const { bytes, findings } = csvReader.mask(Buffer.from(`po,sku,qty,\n${rows.join('')}`), source());
    expect(Buffer.from(bytes).toString()).not.toContain('41111');
    expect(findings).toHaveLength(100);
    expect(findings[0]).toMatchObject({ code: 'CARD.MASKED', location: { row: 2, column: 7 } });
  });
});
