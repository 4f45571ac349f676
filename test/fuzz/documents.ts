import { type SourceProfile, sourceProfileSchema } from '../../orders/source.ts';

/** A document with the profile that it is read by. */
export interface SeedDocument {
  /** A file name, whose ending says what it is sent as. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly profile: SourceProfile;
}

const encode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));

const mappedXml = sourceProfileSchema.parse({
  id: 'mapped-xml',
  channel: 'api',
  defaults: { currency: 'EUR' },
  mapping: {
    lines: '/Bestellung/Positionen/Position',
    dates: 'DD.MM.YYYY',
    numbers: { decimal: ',', group: '.' },
    order: { poNumber: '/Bestellung/@nr', orderDate: '/Bestellung/Datum', customerId: '/Bestellung/Kunde', total: '/Bestellung/Summe' },
    line: { line: '@pos', sku: 'Artikel', quantity: 'Menge', unit: { from: 'Menge/@einheit', values: { Stk: 'EA' }, default: 'EA' }, unitPrice: 'Preis' },
  },
}); // prettier-ignore

const MAPPED_XML = `<?xml version="1.0" encoding="UTF-8"?>
<Bestellung nr="B-00412">
  <Datum>23.11.2026</Datum>
  <Kunde>C-1005</Kunde>
  <Positionen>
    <Position pos="10"><Artikel>SCHRAUBE-M4</Artikel><Menge einheit="Stk">1.200</Menge><Preis>0,0735</Preis></Position>
    <Position pos="20"><Artikel>00815</Artikel><Menge einheit="KG">2,5</Menge><Preis>14,00</Preis></Position>
  </Positionen>
  <Summe>123,20</Summe>
</Bestellung>
`;

const csv = sourceProfileSchema.parse({
  id: 'erp-csv',
  channel: 'api',
  defaults: { currency: 'USD', customerId: 'C-2001' },
});
const csvEnding = sourceProfileSchema.parse({ ...csv, csv: { endMark: 'EOF' } });
const csvMapped = sourceProfileSchema.parse({
  ...csv,
  csv: {
    columns: { poNumber: 'Doc', sku: 'Item', quantity: 'Pcs', unitPrice: 'Each', total: 'Sum', orderDate: 'Day' },
  },
});

const x12 = sourceProfileSchema.parse({
  id: 'edi-partner',
  channel: 'edi',
  defaults: { customerId: 'C-2001', currency: 'USD' },
  x12: { partner: { qualifier: 'ZZ', id: 'NORTHWIND' }, us: { qualifier: 'ZZ', id: 'ORDERSTAGING' } },
});

/** An interchange with these transaction sets, each without ST and SE; terminated by `~` and a line feed. */
function interchange(number: number, ...sets: readonly (readonly string[])[]): string {
  const control = String(number).padStart(9, '0');
  const isa = `ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ORDERSTAGING   *261123*0900*U*00401*${control}*0*P*>`;
  const written = sets.flatMap((segments, index) => {
    const st = String(index + 1).padStart(4, '0');
    return [`ST*850*${st}`, ...segments, `SE*${segments.length + 2}*${st}`];
  });
  const gs = `GS*PO*NORTHWIND*ORDERSTAGING*20261123*0900*${number}*X*004010`;
  return [isa, gs, ...written, `GE*${sets.length}*${number}`, `IEA*1*${control}`]
    .map((segment) => `${segment}~\n`)
    .join('');
}

const BARE = [
  'BEG*00*NE*NW-7001**20261123',
  'N1*ST*Dock 4*92*0007',
  'PO1*1*10*EA*9.99**VN*A-100*UP*012345678905',
  'PID*F****Widget',
  'PO1*2*25*CA*140.5*PE*VN*A-200',
  'CTT*2',
];
const PRICED = [
  'BEG*00*SA*NW-7002**20261123',
  'CUR*BY*USD',
  'PO1*1*4*EA*88.25**VN*B-1',
  'SAC*A*C310***500',
  'PO1*2*1000*EA*7.35*HP*VN*B-2',
  'CTT*2*1004',
  'AMT*TT*421.5',
];
const SPLIT = ['BEG*00*SA*NW-7003**20261123', 'PO1*1*30*EA*2.5**VN*C-1', 'SDQ*EA*92*001*10*002*20', 'PO1*2*6*EA***VN*C-2', 'CTP**NET*3', 'CTT*2']; // prettier-ignore

/** Documents beyond the fixtures and samples: layouts and shapes that these do not have. */
export const DOCUMENTS: readonly SeedDocument[] = [
  { name: 'mapped.xml', bytes: encode(MAPPED_XML), profile: mappedXml },
  {
    name: 'two-orders-with-totals.csv',
    bytes: encode(
      'poNumber,orderDate,line,sku,quantity,unit,unitPrice,discount,orderTotal\n' +
        'P-1,2026-11-23,1,A-100,10,EA,9.99,,120.90\nP-1,2026-11-23,2,A-200,3,CA,7.50,1.50,120.90\n' +
        'P-2,2026-11-23,1,00123,1,EA,5.00,,5.00\n',
    ),
    profile: csv,
  },
  {
    name: 'end-mark.csv',
    bytes: encode(
      'po_number,order_date,sku,quantity,unit_price,line_count\nP-3,2026-11-23,A-100,10,9.99,2\nP-3,2026-11-23,A-200,2,5,2\nEOF,2\n',
    ),
    profile: csvEnding,
  },
  {
    name: 'mapped.csv',
    bytes: encode(
      'Doc;Day;Item;Pcs;Each;Sum\r\n7;2026-11-23;X1;5;1.20;10.00\r\n7;2026-11-23;X2;1;4;10.00\r\n8;2026-11-23;X1;1;1.20;1.20\r\n',
    ),
    profile: csvMapped,
  },
  { name: 'bare.edi', bytes: encode(interchange(1, BARE)), profile: x12 },
  { name: 'three-sets.edi', bytes: encode(interchange(2, BARE, PRICED, SPLIT)), profile: x12 },
  { name: 'two-interchanges.edi', bytes: encode(interchange(3, PRICED) + interchange(4, SPLIT)), profile: x12 },
];
