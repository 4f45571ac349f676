import { describe, expect, test } from '@jest/globals';
import { detectFormat } from '../../../orders/formats/detect.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const formatOf = (text: string, contentType?: string) => detectFormat(encode(text), contentType).format;

const isa = (separator: string): string =>
  ['ISA', '00', ' '.repeat(10), '00', ' '.repeat(10), 'ZZ', 'SENDER'.padEnd(15), 'ZZ', 'RECEIVER'.padEnd(15)]
    .concat(['261123', '0700', 'U', '00401', '000000001', '0', 'P', '>'])
    .join(separator);

describe('a document without a type', () => {
  test.each([
    ['x12', `${isa('*')}~GS*PO`],
    ['x12', `\r\n ${isa('~')}\u0015`],
    ['x12', `${isa('\u001d')}\u001c`],
    ['x12', isa('|').slice(0, 100)],
    ['json', '{"poNumber": "1"}'],
    ['json', '  \n[{}]'],
    ['json', '{broken'],
    ['xml', '<?xml version="1.0"?><cXML/>'],
    ['xml', '\n <Order/>'],
    ['csv', 'po_number,sku,quantity\nP1,A,1\nP1,B,2\n'],
    ['csv', 'po;menge;preis\r\nP1;1;1,50\r\nP2;2;2,50\r\n'],
    ['csv', 'po\tsku\rP1\tA\rP2\tB'],
    ['csv', 'po|sku\nP1|A\n\n\u001a'],
    ['csv', 'po,note\nP1,"two, or\nthree ""of"" these"\nP2,x'],
    ['csv', '"po","sku"\n"P1","A, B"'],
    ['csv', 'po;sku;first,last\nP1;A;x,y\n'],
    ['csv', 'ISA,name\n1,2'],
    ['csv', 'Größe,Menge\nXL,2'],
    [null, ''],
    [null, ' \r\n'],
    [null, 'webhook_id=17'],
    [null, 'Dear all,\nplease send two bolts, one nut and a washer.'],
    [null, 'one row, only'],
    [null, 'a,b\n\u0000\u0001,c'],
    [null, '%PDF-1.7\u0000'],
  ])('is taken for %s: %j', (format, text) => {
    expect(formatOf(text)).toBe(format);
  });

  test('may begin with a byte order mark', () => {
    expect(formatOf('\ufeff{}')).toBe('json');
    expect(detectFormat(Buffer.from('\ufeffpo,sku\nP1,A', 'utf16le')).format).toBe('csv');
    expect(detectFormat(Buffer.from('\ufeffpo,sku\nP1,A', 'utf16le').swap16()).format).toBe('csv');
  });

  test('is judged by its beginning, wherever the sample cuts it', () => {
    const rows = `po,sku,note\n${'P1,A,x\n'.repeat(100_000)}`;
    expect(formatOf(rows)).toBe('csv');
    expect(formatOf(`po,sku,note\nP1,A,x\nP1,A,"${'x\n'.repeat(100_000)}"`)).toBe('csv');
    expect(formatOf(`po,sku\n${'x'.repeat(100_000)}`)).toBeNull();
  });
});

describe('a declared type', () => {
  test.each([
    ['application/json', 'json'],
    ['application/vnd.shop.order+json; charset=utf-8', 'json'],
    ['TEXT/CSV; header=present', 'csv'],
    ['application/xml', 'xml'],
    ['text/xml', 'xml'],
    ['application/edi-x12', 'x12'],
    ['Application/EDI-X12', 'x12'],
    ['text/plain', null],
    ['application/x-www-form-urlencoded', null],
    ['', null],
  ])('%s decides where the bytes do not: %s', (contentType, format) => {
    expect(formatOf('sku', contentType)).toBe(format);
  });

  test('gives way to what the bytes say, and the words tell', () => {
    expect(detectFormat(encode('{}'), 'text/csv')).toEqual({
      format: 'json',
      why: 'it begins with {, though it was declared as csv',
    });
    expect(detectFormat(encode('{}'), 'application/json')).toEqual({ format: 'json', why: 'it begins with {' });
    expect(detectFormat(encode('a\tb\nc\td'), 'text/plain').why).toBe(
      'its rows have as many fields each, separated by tabs',
    );
    expect(detectFormat(encode('sku'), 'text/csv').why).toBe(
      'declared as csv; from the bytes alone: it begins like no format that is read here',
    );
    expect(detectFormat(encode(isa('*'))).why).toBe('it begins with ISA and elements separated by *');
  });

  test.each([
    ['a ZIP archive', 'PK\u0003\u0004\u0014', /ZIP archive or a workbook/],
    ['an old workbook', '\u00d0\u00cf\u0011\u00e0\u00a1', /old workbook/],
    ['what is compressed', '\u001f\u008b\u0008', /Content-Encoding/],
    ['a PDF', '%PDF-1.7\n1 0 obj', /PDF/],
    ['other bytes', 'PK\u0001', /bytes that are no text/],
  ])('does not make text of %s', (_, beginning, why) => {
    const detection = detectFormat(Buffer.from(beginning, 'latin1'), 'text/csv');
    expect(detection).toEqual({ format: null, why: expect.stringMatching(why) });
  });

  test('does not make text of nothing', () => {
    expect(formatOf('', 'application/json')).toBeNull();
  });
});
