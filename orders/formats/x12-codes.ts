import type { Category, Disposition, Finding, Location } from '../finding.ts';
import type { X12Profile } from '../source.ts';

/** A deviation that a partner may be known for. */
type Tolerance = X12Profile['tolerate'][number];

/**
 * Where a 997 tells the partner about a finding, and with which code: AK905 (element 716) for a group, AK502 (718) for a
 * transaction set, AK304 (720) for a segment, AK403 (723) for an element. A finding without one is no matter of syntax
 * and never changes a 997.
 */
export interface Acknowledged {
  readonly level: 'group' | 'set' | 'segment' | 'element';
  readonly code: string;
}

/** What a finding code of the X12 reader means. */
export interface X12CodeEntry {
  readonly category: Category;
  /** Lowered to `warn` where the partner's profile tolerates {@link tolerance}. */
  readonly disposition: Disposition;
  readonly description: string;
  readonly acknowledged?: Acknowledged;
  readonly tolerance?: Tolerance;
}

/** Every finding code that reading X12 can give. Codes are stable: partners and rules refer to them. */
// prettier-ignore
export const X12_CODES = {
  // The document
  'X12.DOCUMENT.NOT_X12': entry('data_format', 'reject', 'The document does not begin with an ISA segment.'),
  'X12.DOCUMENT.UTF16': entry('data_format', 'reject', 'The document is encoded as UTF-16; X12 is sent as ASCII or UTF-8.'),
  'X12.DOCUMENT.BOM': entry('data_format', 'warn', 'A UTF-8 byte order mark stands before ISA.'),
  'X12.DOCUMENT.TRAILING_DATA': entry('data_format', 'reject', 'Something that is no interchange follows an IEA; it was not read.'),
  'X12.DOCUMENT.SKIPPED': entry('data_format', 'warn', 'Nothing could be made of a part of the document; reading went on with the next ISA.'),
  'X12.DOCUMENT.TRAILING_PADDING': entry('data_format', 'warn', 'NUL or Ctrl-Z characters stand outside an interchange.'),
  'X12.DOCUMENT.TOO_LARGE': entry('data_format', 'reject', 'The document is larger than the limit; the rest was not read.'),
  'X12.DOCUMENT.SEGMENT_TOO_LARGE': entry('data_format', 'reject', 'A segment is longer than the limit, or its terminator is missing; the rest was not read.'),

  // ISA to IEA
  'X12.ISA.TRUNCATED': entry('data_format', 'reject', 'The document ends inside the ISA segment.'),
  'X12.ISA.LAYOUT': entry('data_format', 'reject', 'ISA is not 106 characters long with its separators at their fixed places.'),
  'X12.ISA.DELIMITERS': entry('data_format', 'reject', 'Two delimiters are the same, or one is a letter, digit, space or not ASCII.'),
  'X12.ISA.SENDER': entry('system_integration', 'reject', 'ISA05 and ISA06 are not those of the partner that this source belongs to.'),
  'X12.ISA.RECEIVER': entry('system_integration', 'reject', 'ISA07 and ISA08 do not address us.'),
  'X12.ISA.USAGE': entry('system_integration', 'reject', 'ISA15 is test where the source takes production, or the other way round.'),
  'X12.ISA.CONTROL_NUMBER': entry('data_format', 'reject', 'ISA13 is not nine digits.'),
  'X12.ISA.DUPLICATE': entry('data_format', 'reject', 'An interchange of the same document already has this ISA13. The profile may have it taken.'),
  'X12.ISA.SEEN': entry('data_format', 'reject', 'An earlier document of this partner already had this ISA13. The profile may have it taken.'),
  'X12.ISA.GAP': entry('system_integration', 'warn', 'By the numbers, interchanges of this partner did not come.'),
  'X12.IEA.MISSING': entry('data_format', 'reject', 'The interchange has no IEA: it was cut off.'),
  'X12.IEA.CONTROL_NUMBER': entry('data_format', 'reject', 'IEA02 is not ISA13.'),
  'X12.IEA.GROUP_COUNT': entry('data_format', 'reject', 'IEA01 is not the number of functional groups.'),
  'X12.IEA.TERMINATOR': entry('data_format', 'reject', 'The last segment terminator is missing.', undefined, 'missing_last_terminator'),
  'X12.INTERCHANGE.DOUBTFUL': entry('data_format', 'reject', 'The interchange stands between bytes of which nothing could be made: it may be text that another one quotes.'),
  'X12.INTERCHANGE.SEGMENT': entry('data_format', 'reject', 'A segment stands outside every functional group.'),
  'X12.INTERCHANGE.EMPTY': entry('data_format', 'warn', 'The interchange or functional group holds nothing.'),
  'X12.INTERCHANGE.WHITESPACE': entry('data_format', 'warn', 'Line breaks, blank lines or indentation stand between segments.'),
  'X12.INTERCHANGE.EMPTY_SEGMENT': entry('data_format', 'warn', 'Segment terminators follow each other with nothing between.'),

  // GS to GE
  'X12.GS.TYPE': entry('data_format', 'reject', 'GS01 is not PO, the functional group of purchase orders.', at('group', '1')),
  'X12.GS.VERSION': entry('data_format', 'reject', 'GS08 is a version that is not read here: 003, 004 and 005 are.', at('group', '2')),
  'X12.GS.VERSION_SUFFIX': entry('data_format', 'warn', 'GS08 names an industry guideline after the version.'),
  'X12.GS.VERSION_DIFFERS': entry('data_format', 'warn', 'GS08 and ISA12 name different versions; GS08 counts.'),
  'X12.GS.APPLICATION': entry('system_integration', 'reject', 'GS02 or GS03 is not the application code agreed with this partner.', at('group', '1')),
  'X12.GS.APPLICATION_DIFFERS': entry('system_integration', 'warn', 'GS02 or GS03 differs from the ISA id, and no application code is configured.'),
  'X12.GS.CONTROL_NUMBER': entry('data_format', 'reject', 'GS06 is not one to nine digits.', at('group', '6')),
  'X12.GS.DUPLICATE': entry('data_format', 'reject', 'A group of the same interchange already has this GS06. Taken where the profile says `process`.', at('group', '6')),
  'X12.GS.SEEN': entry('data_format', 'warn', 'An earlier document of this partner already had this GS06. The profile may have it refused.', at('group', '6')),
  'X12.GE.MISSING': entry('data_format', 'reject', 'The functional group has no GE.', at('group', '3')),
  'X12.GE.CONTROL_NUMBER': entry('data_format', 'reject', 'GE02 is not GS06.', at('group', '4')),
  'X12.GE.SET_COUNT': entry('data_format', 'reject', 'GE01 is not the number of transaction sets.', at('group', '5'), 'set_count'),
  'X12.GROUP.SEGMENT': entry('data_format', 'reject', 'A segment stands outside every transaction set.', at('group', '5')),

  // ST to SE
  'X12.ST.TYPE': entry('data_format', 'reject', 'ST01 is not 850.', at('set', '1')),
  'X12.ST.CONTROL_NUMBER': entry('data_format', 'reject', 'ST02 is not 4 to 9 letters or digits.', at('set', '7')),
  'X12.ST.DUPLICATE': entry('data_format', 'reject', 'A set of the same functional group already has this ST02. The profile may have it taken.', at('set', '7')),
  'X12.ST.SEEN': entry('data_format', 'reject', 'An earlier document of this partner already had this set: the same ISA13, GS06 and ST02.', at('set', '7')),
  'X12.SE.MISSING': entry('data_format', 'reject', 'The transaction set has no SE.', at('set', '2')),
  'X12.SE.CONTROL_NUMBER': entry('data_format', 'reject', 'SE02 is not ST02.', at('set', '3')),
  'X12.SE.SEGMENT_COUNT': entry('data_format', 'reject', 'SE01 is not the number of segments, ST and SE included.', at('set', '4'), 'segment_count'),
  'X12.SE.PADDED_COUNT': entry('data_format', 'warn', 'SE01 has leading zeros.'),
  'X12.SET.TOO_LARGE': entry('data_format', 'reject', 'The transaction set is larger than the limit; it was not read.', at('set', '5')),
  'X12.SET.UNREADABLE': entry('data_format', 'reject', 'The set is not the segments from ST to SE and nothing else.', at('set', '5')),
  'X12.SET.LATIN1': entry('data_format', 'warn', 'The set is not UTF-8; its text was read as Latin-1.'),

  // Segments and elements
  'X12.SEGMENT.ID': entry('data_format', 'reject', 'This is no segment id: two or three capitals or digits.', at('segment', '1')),
  'X12.SEGMENT.UNKNOWN': entry('data_format', 'warn', 'The 850 has no such segment; it is kept as it is. In a line it holds the order.', at('segment', '2')),
  'X12.SEGMENT.MISSING': entry('data_format', 'reject', 'A mandatory segment is missing.', at('segment', '3')),
  'X12.SEGMENT.REPEATED': entry('data_format', 'reject', 'A segment occurs more often than the 850 allows.', at('segment', '5')),
  'X12.SEGMENT.SEQUENCE': entry('data_format', 'reject', 'A segment stands where the 850 does not have it.', at('segment', '7')),
  'X12.ELEMENT.MISSING': entry('data_format', 'reject', 'A mandatory element is empty.', at('element', '1')),
  'X12.ELEMENT.PAIR': entry('data_format', 'warn', 'Of two elements that only mean something together, such as a qualifier and an id, one is empty.', at('element', '2')),
  'X12.ELEMENT.LENGTH': entry('data_format', 'reject', 'An element is longer than X12 allows.', at('element', '5')),
  'X12.ELEMENT.NUMBER': entry('data_format', 'reject', 'An element is no number in X12 notation.', at('element', '6')),
  'X12.ELEMENT.DATE': entry('data_format', 'reject', 'An element is no calendar date.', at('element', '8')),
  'X12.ELEMENT.DATE_IGNORED': entry('data_format', 'warn', 'A date that the order does not depend on is invalid; the segment is kept as it is.', at('element', '8')),
  'X12.ELEMENT.SHORT_DATE': entry('data_format', 'warn', 'A date has two digits for the year although the version has four.', at('element', '8')),
  'X12.ELEMENT.IMPLIED_DECIMALS': entry('data_format', 'hold', 'An amount with two implied decimals (N2) is written with a decimal point.', at('element', '6')),
  'X12.ELEMENT.COUNTRY': entry('data_format', 'warn', 'N404 is no ISO 3166-1 alpha-2 country code; the country was left out.', at('element', '7')),

  // Card numbers
  'X12.CARD.MASKED': entry('data_format', 'warn', 'Free text held a card number; it was masked to its last four digits. Rejected where the source says so.'),

  // The order
  'X12.ORDER.PURPOSE': entry('business_rule', 'reject', 'BEG01 is a purpose that this system does not carry out.', at('element', '7')),
  'X12.ORDER.COPY': entry('business_rule', 'reject', 'BEG01 says confirmation, duplicate or information copy: the order itself came, or comes, another way.'),
  'X12.ORDER.BLANKET': entry('business_rule', 'reject', 'A blanket order (BEG02 BK or BE) has nothing to ship; its releases do.'),
  'X12.ORDER.TYPE': entry('business_rule', 'warn', 'BEG02 is an order type without a meaning here; the order is taken as a stand-alone one.'),
  'X12.ORDER.TOO_MANY_LINES': entry('data_format', 'reject', 'The order has more than 5,000 lines, each delivery of a split line counted.'),
  'X12.ORDER.LINE_COUNT': entry('data_format', 'reject', 'CTT01 is not the number of PO1 segments: lines were lost or added.', at('set', '5')),
  'X12.ORDER.COUNT_MISSING': entry('data_format', 'warn', 'There is no CTT, so the number of lines cannot be checked.'),
  'X12.ORDER.HASH_TOTAL': entry('data_format', 'warn', 'CTT02 is not the sum of the ordered quantities.'),
  'X12.ORDER.TOTAL': entry('business_rule', 'warn', 'AMT TT or GV is not what the lines, charges and taxes come to. The rules about totals decide.'),
  'X12.ORDER.LINES_TOTAL': entry('business_rule', 'warn', 'AMT 1 is not what the lines come to.'),
  'X12.ORDER.CURRENCY': entry('system_integration', 'reject', 'There is no CUR, and the source has no default currency.'),
  'X12.ORDER.SCHEMA': entry('data_format', 'reject', 'A value does not fit the canonical order.'),
  'X12.CUSTOMER.UNMAPPED': entry('system_integration', 'reject', 'No N1 party is mapped to a customer, and the source has no default customer.'),
  'X12.PARTY.REPEATED': entry('business_rule', 'hold', 'There are two ship-to or bill-to parties (N1) in the same place; the first is used.'),
  'X12.DATE.REPEATED': entry('business_rule', 'hold', 'Two different days are requested for the same delivery (DTM 002); the first is used.'),
  'X12.CHARGE.KIND': entry('data_format', 'hold', 'SAC01 is neither an allowance nor a charge, nor one of the kinds that cost nothing.', at('element', '7')),
  'X12.CHARGE.AMOUNT': entry('business_rule', 'hold', 'A SAC charge or allowance has no amount, and none can be computed.'),
  'X12.CHARGE.TOO_MANY': entry('data_format', 'reject', 'There are more than 50 allowances and charges (SAC) in the header or in one line.'),
  'X12.CHARGE.COMPUTED': entry('business_rule', 'warn', 'A SAC amount was computed from its percentage or rate.'),
  'X12.CHARGE.OUTSIDE_TOTAL': entry('business_rule', 'warn', 'A SAC allowance or charge is settled outside this order; it is not in the total.'),
  'X12.TAX.AMOUNT': entry('business_rule', 'hold', 'A TXI gives a percentage and no amount; the order is shown without this tax.'),
  'X12.NOTES.SHORTENED': entry('data_format', 'warn', 'There is more text than an order holds; all of it is kept in the extensions.'),

  // Its lines
  'X12.LINE.DUPLICATE_ID': entry('data_format', 'warn', 'Two lines have the same PO101.'),
  'X12.LINE.SKU': entry('data_format', 'reject', 'No product id of the line has a qualifier that names our SKU.'),
  'X12.LINE.SKU_REPEATED': entry('business_rule', 'hold', 'The qualifier that names our SKU occurs twice in a line with different ids; the first is used.'),
  'X12.LINE.ID_QUALIFIER': entry('data_format', 'warn', 'A product id has a qualifier that is none: two capitals or digits.', at('element', '7')),
  'X12.LINE.AMOUNT': entry('data_format', 'reject', 'Quantity times price comes to more digits than an order can hold.'),
  'X12.LINE.PRICE_MISSING': entry('business_rule', 'hold', 'The line has no price; it is shown as zero until a person sets one.'),
  'X12.LINE.PRICE_BASIS': entry('business_rule', 'hold', 'PO105 says that the price is not per ordered unit, so the amount is uncertain.'),
  'X12.LINE.UNIT_MISSING': entry('data_format', 'warn', 'PO103 is empty; the unit was taken as EA.'),
  'X12.LINE.CURRENCY': entry('business_rule', 'reject', 'A line is priced in another currency than the order.'),
  'X12.LINE.SPLIT_SUM': entry('business_rule', 'hold', 'The quantities in SCH or SDQ do not add up to PO102; the line is not split.'),
  'X12.LINE.SPLIT_UNIT': entry('business_rule', 'hold', 'SCH or SDQ counts in another unit than PO103; the line is not split.'),
  'X12.LINE.SPLIT_TWICE': entry('business_rule', 'hold', 'The line is split by date (SCH) and by place (SDQ); it is split by place only.'),
} as const satisfies Readonly<Record<string, X12CodeEntry>>;

/** A finding code of the X12 reader. */
export type X12Code = keyof typeof X12_CODES;

/** What a finding says beyond its code. */
interface Said {
  /** JSON pointer into the canonical order. */
  readonly path?: string;
  readonly evidence?: string;
  /** The partner's profile, where a tolerance may lower the disposition. */
  readonly profile?: X12Profile;
  /** Where the source's profile decides. */
  readonly disposition?: Disposition;
}

/** One finding with the category and disposition that its code stands for. */
export function x12Finding(code: X12Code, message: string, location: Location, said: Said = {}): Finding {
  const { category, disposition, tolerance }: X12CodeEntry = X12_CODES[code];
  const tolerated = tolerance !== undefined && said.profile?.tolerate.includes(tolerance) === true;
  return {
    code,
    category,
    disposition: said.disposition ?? (tolerated ? 'warn' : disposition),
    path: said.path ?? '',
    message,
    evidence: said.evidence ?? null,
    location,
  };
}

/** How a 997 tells of the finding; undefined for findings of other readers and for those that are no matter of syntax. */
export function findAcknowledged(finding: Finding): Acknowledged | undefined {
  return (X12_CODES as Readonly<Record<string, X12CodeEntry>>)[finding.code]?.acknowledged;
}

function entry(
  category: Category,
  disposition: Disposition,
  description: string,
  acknowledged?: Acknowledged,
  tolerance?: Tolerance,
): X12CodeEntry {
  return { category, disposition, description, ...(acknowledged && { acknowledged }), ...(tolerance && { tolerance }) };
}

function at(level: Acknowledged['level'], code: string): Acknowledged {
  return { level, code };
}
