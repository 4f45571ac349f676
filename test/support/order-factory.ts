let count = 0;

/** A good order of a good customer, as a web shop would send it; what a test is about is changed. */
export function makeOrderJson(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  count += 1;
  const number = `${Date.now().toString(36)}-${String(count)}`;
  return {
    externalId: `W-${number}`,
    poNumber: `PO-${number}`,
    orderDate: '2026-11-23',
    currency: 'USD',
    customerId: 'C-1001',
    contact: { name: 'Pat Example', email: 'pat@example.com' },
    shipTo: {
      name: 'Pat Example',
      lines: ['1 Market St'],
      city: 'San Francisco',
      region: 'CA',
      postalCode: '94105',
      country: 'US',
    },
    payment: { method: 'terms', terms: 'NET30' },
    lines: [{ line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '19.9900', amount: '199.90' }],
    total: '199.90',
    ...changes,
  };
}

/** A price that was not agreed: the order waits for a reviewer. */
export const WRONG_PRICE = {
  lines: [{ line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '18.0000', amount: '180.00' }],
  total: '180.00',
};

/** Another order: five instead of ten. */
export const FIVE = {
  lines: [{ line: '1', sku: 'SKU-1', quantity: '5', unitPrice: '19.9900', amount: '99.95' }],
  total: '99.95',
};
