import type { Category, Disposition, Finding, Location } from '../finding.ts';
import { FIELD_CODES } from './draft.ts';

/** What a finding code of the XML readers means. */
export interface XmlCodeEntry {
  readonly category: Category;
  readonly disposition: Disposition;
  readonly description: string;
}

/** Every finding code that reading XML can give. Codes are stable: senders and rules refer to them. */
// prettier-ignore
export const XML_CODES = {
  // The document
  'XML.ENCODING': reject('The document is not in the encoding that it names, or in one that is not read.'),
  'XML.SYNTAX': reject('The document is not well-formed XML 1.0 with namespaces.'),
  'XML.DOCTYPE': reject('The DOCTYPE has an internal subset. Entities are neither read nor fetched.'),
  'XML.TOO_DEEP': reject('Elements are nested deeper than 64 levels.'),
  'XML.TOO_LARGE': reject('The document, or one element of it, is larger than an order can be.'),
  'XML.ROOT': reject('The root element is none of those that are read here.'),
  'XML.NOT_AN_ORDER': reject('This is a cXML or UBL document of another kind, such as a change or a confirmation.'),

  // Fields
  'XML.TYPE': reject(FIELD_CODES.TYPE),
  'XML.REQUIRED': reject(FIELD_CODES.REQUIRED),
  'XML.LENGTH': reject(FIELD_CODES.LENGTH),
  'XML.FORMAT': reject(FIELD_CODES.FORMAT),
  'XML.VALUE': reject(FIELD_CODES.VALUE),
  'XML.REPEATED': reject('An element that may stand once stands there several times, so nobody could say which one counts.'),
  'XML.CURRENCY': reject('Amounts are in several currencies.'),
  'XML.UNKNOWN_FIELD': entry('data_format', 'warn', 'The canonical order has no such element; it is kept under `extensions`.'),
  'XML.SHORTENED': entry('data_format', 'warn', 'A text is longer than an order holds; the whole of it is kept under `extensions`.'),

  // Who speaks, and to whom
  'SOURCE.MISMATCH': reject('The document names another source than the one that sent it.'),
  'XML.CUSTOMER': entry('system_integration', 'reject', 'The buyer is not mapped to a customer, and the source has no default customer.'),
  'XML.NOT_US': entry('system_integration', 'reject', 'The cXML `To` is not one of the credentials that the profile gives us.'),
  'XML.DEPLOYMENT_MODE': entry('system_integration', 'reject', 'cXML `deploymentMode` is test where the source takes production, or the other way round.'),

  // The order
  'XML.ORDER.COPY': entry('business_rule', 'reject', 'UBL `CopyIndicator`: the order itself came, or comes, another way.'),
  'XML.ORDER.BLANKET': entry('business_rule', 'reject', 'A blanket order has nothing to ship; its releases do.'),
  'XML.ORDER.TYPE': entry('business_rule', 'warn', 'An order type without a meaning here; the order is taken as a regular one.'),
  'XML.TOTAL.COMPUTED': entry('business_rule', 'warn', 'The document has no total; it was computed from lines, charges and taxes.'),
  'XML.LINE.SKU': entry('business_rule', 'warn', 'A line has no number of ours, only a GTIN, which stands in its place.'),
  'XML.LINE.RETURN': entry('business_rule', 'hold', 'A line sends goods back (cXML `isReturn`). It is not added up, and a person decides.'),
  'XML.LINE.COMPOSITE': entry('business_rule', 'hold', 'A line is part of another (cXML `itemType`, `parentLineNumber`), so its price may be in that one.'),
  'XML.LINE.SCHEDULE': entry('business_rule', 'hold', 'The quantities of the schedule do not add up to that of the line; it is not split.'),
  'XML.LINE.PRICE_MISSING': entry('business_rule', 'hold', 'The line has no price; it is shown as zero until a person sets one.'),
  'XML.LINE.PRICE_BASIS': entry('business_rule', 'hold', 'The price is for another unit than the one ordered, so the amount is uncertain.'),
} as const satisfies Readonly<Record<string, XmlCodeEntry>>;

/** A finding code of the XML readers. */
export type XmlCode = keyof typeof XML_CODES;

/** One finding with the category and disposition that its code stands for. @param path JSON pointer into the order */
export function xmlFinding(
  code: XmlCode,
  message: string,
  location: Location,
  { path = '', evidence = null }: { readonly path?: string; readonly evidence?: string | null } = {},
): Finding {
  const { category, disposition } = XML_CODES[code];
  return { code, category, disposition, path, message, evidence, location };
}

function entry(category: Category, disposition: Disposition, description: string): XmlCodeEntry {
  return { category, disposition, description };
}

function reject(description: string): XmlCodeEntry {
  return entry('data_format', 'reject', description);
}
