import { isBreach } from '../../../orders/rules/rule.ts';
import { checkLineAmount, checkTotal } from '../../../orders/rules/totals.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';
import { xmlReader } from '../../../orders/formats/xml-documents.ts';

/** A source that knows the parties of the fixtures. */
export const xmlProfile = sourceProfileSchema.parse({
  id: 'xml-shop',
  channel: 'ecommerce',
  cxml: {
    customers: [{ domain: 'networkid', identity: 'AN01000002792', customerId: 'C-2001' }],
    us: [{ domain: 'NetworkID', identity: 'AN01000009999' }],
  },
  ubl: { customers: [{ scheme: '0088', id: '7300010000001', customerId: 'C-3001' }] },
});

/** What becomes of a document, masked and taken apart: everything that a fixture's expected result holds. */
export function describeDocument(bytes: Uint8Array, profile = xmlProfile) {
  const masked = xmlReader.mask(bytes, profile);
  const { layout, holds, findings } = xmlReader.inspect(masked.bytes, profile);
  const { parts, findings: ofWhole } = xmlReader.split(masked.bytes, profile);
  return {
    layout,
    holds,
    masked: masked.findings.map(({ message }) => message),
    findings: [...findings, ...ofWhole].map(({ code }) => code),
    orders: parts.map((part) => {
      const { order, findings: found } = xmlReader.parse(part.bytes, part.locator, profile);
      return { order, breaches: order ? breachesOf(order) : null, findings: found.map(describe) };
    }),
  };
}

type Parsed = ReturnType<typeof xmlReader.parse>;

/** What the rules about totals say of an order. */
export function breachesOf(order: NonNullable<Parsed['order']>): readonly string[] {
  const none = { toleranceMinorUnits: 0, sums: ['lines+charges+tax' as const] };
  const statements = [checkTotal(order, noFacts, none, noTime), checkLineAmount(order, noFacts, none, noTime)].flat();
  return statements.filter(isBreach).map(({ path }) => path);
}

/** These rules look at the order alone. */
const noFacts = undefined as never;
const noTime = new Date(0);

function describe({ code, path, message, location }: Parsed['findings'][number]) {
  return `${code} ${path} (${location.line}:${location.column}, byte ${location.offset}) ${message}`;
}
