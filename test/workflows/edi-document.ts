/** What an interchange of a test says. */
export interface InterchangeParts {
  readonly orders: number;
  /** Which of them have a price that was not agreed, and so wait for a reviewer; none by default. */
  readonly isHeld?: (position: number) => boolean;
  /** BEG01; `00`, new orders, by default. */
  readonly purpose?: string;
  /** PO102 of the line; 2 by default. */
  readonly quantity?: number;
  /** PO number of the first, where it is not to be a number of its own. */
  readonly poNumber?: string;
}

let count = 0;

/** An interchange of the partner Northwind with so many good orders; no two have a PO number in common. */
export function makeInterchange({ orders, isHeld = () => false, ...parts }: InterchangeParts): string {
  count += 1;
  const control = String(Date.now() % 1_000_000_000).padStart(9, '0');
  const sets = Array.from({ length: orders }, (_, position) => makeSet(position, isHeld(position), parts));
  const segments = [
    `ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ORDERSTAGING   *261123*0915*U*00401*${control}*0*P*>`,
    'GS*PO*NORTHWIND*ORDERSTAGING*20261123*0915*101*X*004010',
    ...sets.flat(),
    `GE*${String(orders)}*101`,
    `IEA*1*${control}`,
  ];
  return segments.map((segment) => `${segment}~\n`).join('');
}

function makeSet(
  position: number,
  held: boolean,
  { purpose = '00', poNumber, quantity = 2 }: Pick<InterchangeParts, 'purpose' | 'poNumber' | 'quantity'>,
): string[] {
  const number = String(position + 1).padStart(4, '0');
  const body = [
    `BEG*${purpose}*SA*${poNumber ?? `NW-${Date.now().toString(36)}-${String(count)}-${number}`}**20261120`,
    'CUR*BY*USD',
    'N1*BY*Northwind*92*0042',
    'N1*ST*Northwind Distribution Center*92*0042',
    'N3*3200 Airport Way South',
    'N4*Seattle*WA*98134*US',
    `PO1*1*${String(quantity)}*EA*${held ? '5.00' : '5.25'}**VN*SKU-2`,
    'CTT*1',
  ];
  return [`ST*850*${number}`, ...body, `SE*${String(body.length + 2)}*${number}`];
}
