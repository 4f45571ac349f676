/** What a generated interchange is to hold. */
export interface InterchangeSize {
  readonly orders: number;
  /** About 30 bytes a segment, and three segments a line. */
  readonly linesPerOrder: number;
}

/**
 * One interchange of purchase orders as a retailer writes them, piece by piece, so that any size can be written without
 * holding it. Always the same bytes for the same size: about 3 KB an order of 27 lines, with notes, dates, charges,
 * parties, pack sizes, line discounts and a split delivery here and there.
 */
export function* writeInterchange({ orders, linesPerOrder }: InterchangeSize): Generator<string> {
  yield 'ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*STAGING        *261123*0915*U*00401*000000101*0*P*>~\n';
  yield 'GS*PO*NORTHWIND*STAGING*20261123*0915*101*X*004010~\n';
  for (let order = 1; order <= orders; order++) yield writeSet(order, linesPerOrder);
  yield `GE*${orders}*101~\nIEA*1*000000101~\n`;
}

/** The source profile that the interchange is read with. */
export const BENCH_PROFILE = {
  id: 'edi-northwind',
  channel: 'edi',
  defaults: { currency: 'USD' },
  x12: {
    partner: { qualifier: 'ZZ', id: 'NORTHWIND' },
    us: { qualifier: 'ZZ', id: 'STAGING' },
    customers: { 'BY:92:0042': 'C-1001' },
  },
};

function writeSet(order: number, lines: number): string {
  const controlNumber = String(order).padStart(9, '0');
  const body = [...writeHeader(order), ...writeLines(order, lines), `CTT*${lines}`];
  const segments = [`ST*850*${controlNumber}`, ...body, `SE*${body.length + 2}*${controlNumber}`];
  return segments.map((segment) => `${segment}~\n`).join('');
}

function writeHeader(order: number): readonly string[] {
  return [
    `BEG*00*SA*NW-${order}**20261120`,
    'CUR*BY*USD',
    `REF*DP*${100 + (order % 40)}`,
    'PER*BD*Ann Lee*TE*5551234567*EM*ann@northwind.example',
    'FOB*CC',
    'ITD*01*3*2**10**30*****2/10 NET 30',
    'DTM*002*20261201',
    'DTM*010*20261128',
    'TD5*O*2*UPSN*J*GROUND',
    'N9*ZZ*NOTES',
    'MSG*Leave at dock 4 and ring twice.',
    'N1*BY*Northwind Traders*92*0042',
    `N1*ST*Northwind Store ${order % 300}*92*S${order % 300}`,
    'N3*1 Harbor Way*Suite 2',
    'N4*San Francisco*CA*94105*US',
    'N1*BT*Northwind Accounting*92*ACC',
    'N3*PO Box 9',
    'N4*Oakland*CA*94607*US',
  ];
}

function* writeLines(order: number, lines: number): Generator<string> {
  for (let line = 1; line <= lines; line++) {
    const product = (order * 7 + line * 13) % 9000;
    const price = `${1 + (product % 60)}.${String(product % 100).padStart(2, '0')}`;
    const gtin = String(12345600000 + product).padStart(12, '0');
    yield `PO1*${String(line).padStart(3, '0')}*10*EA*${price}*PE*VN*SKU-${product}*UP*${gtin}`;
    yield `PID*F****Article number ${product}, assorted`;
    if (line % 9 === 1) yield 'SAC*A*C310***25';
    if (line % 9 === 2) yield 'SDQ*EA*92*S01*4*S02*6';
    else yield `PO4*${1 + (product % 12)}*1*EA`;
  }
}
