import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CORRECTION_CODES } from '../orders/correction.ts';
import { categoryOf, CSV_CODES, type CsvCode } from '../orders/formats/csv-codes.ts';
import { JSON_CODES } from '../orders/formats/json.ts';
import { SHOP_CODES, type ShopCodeEntry } from '../orders/formats/shop-codes.ts';
import { XML_CODES, type XmlCodeEntry } from '../orders/formats/xml-codes.ts';
import { X12_CODES, type X12CodeEntry } from '../orders/formats/x12-codes.ts';
import { DEFAULT_RULES } from '../orders/rules/default-rules.ts';
import { RULE_KINDS } from '../orders/rules/registry.ts';
import type { RuleVersion } from '../orders/rules/rule.ts';

/** Where the page of all codes is kept. */
export const CODES_FILE = fileURLToPath(new URL('finding-codes.md', import.meta.url));

type Row = readonly string[];

const CATEGORIES: Row = ['data_format', 'business_rule', 'system_integration', 'processing'];

// prettier-ignore
/**
 * Codes that no table in the code describes: what steps find, and why orders wait. A test holds that each code which
 * stands in the code stands on the page.
 */
const STEP_CODES: readonly Row[] = [
  ['CARD.MASKED', 'data_format', 'warn', 'A field held a card number or security code. It was masked before anything was kept.'],
  ['CARD.REFUSED', 'data_format', 'reject', 'The same, from a source whose profile refuses card data: nothing was kept.'],
  ['X12.NO_INTERCHANGE', 'data_format', 'reject', 'What was sent over HTTP as X12 does not begin with an ISA segment.'],
  ['DOCUMENT.NOT_TAKEN', 'data_format', 'reject', 'Said by `npm run orders -- validate` alone: the file is not taken, and the message says why.'],
  ['PO.SAME_ORDER', 'business_rule', 'reject', 'The order came before, word for word: the message names the one that was taken. Nothing is made twice.'],
  ['PO.DUPLICATE', 'business_rule', 'hold', "The customer's PO number came before with another content. A reviewer compares the two: the evidence says in what they differ."],
  ['CHANGE.AFTER_HANDOFF', 'business_rule', 'hold', 'A replacement or cancellation of an order that production has. Approved, it is carried out there.'],
  ['CHANGE.OF_CANCELLED', 'business_rule', 'hold', 'A replacement of an order that was cancelled. Approved, that order begins anew with the new content.'],
  ['CHANGE.NO_ORIGINAL', 'business_rule', 'hold', 'The order that this replaces or cancels did not come. Correct the PO number, or reject it. A replacement that is approved is entered as a new order; a cancellation cannot be approved.'],
  ['CHANGE.OUTDATED', 'business_rule', 'hold', 'The order took in a change that came after this one. Approve to bring this one to it all the same, or reject it.'],
  ['CHANGE.CONTENT_GONE', 'business_rule', 'hold', 'The content of the order that this changes was removed. See to it in production, then reject this; it cannot be approved.'],
  ['CHANGE.REFUSED', 'business_rule', 'hold', 'The order, or production, would not take the change, and the message says why. Approve to try once more, or reject it.'],
  ['RESERVATION.RELEASED', 'business_rule', 'hold', 'The back office says that this revision was given up. A correction makes a new revision.'],
  ['HANDOFF.REFUSED', 'system_integration', 'hold', 'Production refused the order. Correct it, or approve to submit it once more.'],
  ['RULE.FAILED', 'processing', 'hold', 'A rule broke and could not judge the order: it never lets the order pass. The code goes on with that of the rule, as in `RULE.FAILED.CREDIT.LIMIT`, and who may release the rule may release it.'],
];

// prettier-ignore
const HOLD_CODES: readonly Row[] = [
  ['CHANGE.WAITS', 'itself', 'A replacement or cancellation that came before its order, or waits for an earlier change of it.'],
  ['GATE.MANUAL', 'a reviewer', 'The gate of the source is `manual`: a person lets each order go on.'],
  ['GATE.PAUSED', 'itself', 'The source is paused or switched off. The order goes on after the source is live again.'],
  ['BACKOFFICE.UNAVAILABLE', 'itself', 'The back office did not answer three times. The order goes on after it answers.'],
  ['BACKOFFICE.REFUSED', 'a supervisor', 'The back office refused a call for good. Clears itself where only the end of the order is left to do.'],
  ['CONTENT.DAMAGED', 'a supervisor', 'What is kept of the order cannot be read. Have it restored from a backup, then approve; or cancel the order.'],
  ['PROCESSING.FAILED', 'itself, a supervisor after eight failures in a row', 'A step failed three times for a reason of our own. The logs of the worker say which. It is tried again after 1, 2, 4 … minutes.'],
];

/** The page of all codes, as Markdown. */
export function describeCodes(): string {
  // prettier-ignore
  const sections = [
    INTRODUCTION,
    section('Rules', RULES, ['code', 'what it checks', 'category', 'does', 'released by', 'parameters'], DEFAULT_RULES.map(ruleRow)),
    describeUnusedKinds(),
    section('Steps', STEPS, ['code', 'category', 'does', 'means'], STEP_CODES.map(withCode)),
    section('Holds without a finding', HOLDS, ['code', 'released by', 'means'], HOLD_CODES.map(withCode)),
    section('Reading JSON', JSON_WORDS, ['code', 'does', 'means'], Object.entries(JSON_CODES).map(jsonRow)),
    section('Reading orders of web shops', SHOPS, ['code', 'category', 'does', 'means'], Object.entries(SHOP_CODES).map(shopRow)),
    section('Reading XML', XML, ['code', 'category', 'does', 'means'], Object.entries(XML_CODES).map(xmlRow)),
    section('Reading CSV', CSV, ['code', 'category', 'does', 'means'], Object.entries(CSV_CODES).map(csvRow)),
    section('Reading X12', X12, ['code', 'category', 'does', 'in the 997', 'means'], Object.entries(X12_CODES).map(x12Row)),
    section('Corrections', CORRECTIONS, ['code', 'means'], Object.entries(CORRECTION_CODES).map(withCode)),
  ];
  return sections.join('\n');
}

const INTRODUCTION = `# Finding and hold codes

<!-- Written by \`npm run docs:codes\`; a test compares. -->

Codes are stable: senders, partners and rules refer to them. A *finding* says what is wrong with a document or an order;
what it *does* is \`reject\` (back to the source), \`hold\` (a person decides) or \`warn\` (only told). A *hold* is why an
order waits; its code is that of its finding, or one of those [without a finding](#holds-without-a-finding).
`;
const RULES = `The rules of a new installation, all in version 1 and for everyone. \`GET /v1/rules\` shows those of a running one.`;
const STEPS = `Found by the steps of an order's story rather than by a rule. Reserving also gives \`CREDIT.LIMIT\` and \`STOCK.SHORT\`, when
credit or stock went to another order after the check.`;
const HOLDS = `Nothing is wrong with these orders. What clears itself does so within two minutes after its cause is gone.`;
const JSON_WORDS = `All are of category \`data_format\`.`;
const SHOPS = `In orders as Shopify and WooCommerce write them, beside the codes of reading JSON. A profile may take test orders and
unpaid ones (\`json.testOrders\`, \`json.unpaidOrders\`), which are then only told about.`;
const XML = `Of canonical XML, cXML and UBL. Their findings name the element by its path in the document.`;
const CSV = `The source's profile decides what \`hold; warn\` does (\`csv.unproven\`, \`csv.finalLineEnd\`).`;
const X12 = `The fourth column says where a 997 tells the partner: AK905 for a group, AK502 for a transaction set, AK304 for a segment,
AK403 for an element. A code without one is no matter of syntax. A partner's profile may tolerate some of them
(\`x12.tolerate\`), which then only warn.`;
const CORRECTIONS = `Why a correction cannot be made; the order stays as it is.`;

function describeUnusedKinds(): string {
  const used = new Set(DEFAULT_RULES.map(({ kind }) => kind));
  const unused = Object.entries(RULE_KINDS).filter(([kind]) => !used.has(kind as RuleVersion['kind']));
  const named = unused.map(([kind, { what }]) => `\`${kind}\` (${what.charAt(0).toLowerCase()}${what.slice(1)})`);
  return `Kinds of rules that are there and used by none of these:\n${named.join(', ')}.\n`;
}

function section(title: string, words: string, header: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [`## ${title}`, '', words, '', line(header), line(header.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function withCode([code = '', ...cells]: Row): Row {
  return [`\`${code}\``, ...cells.map((cell) => (CATEGORIES.includes(cell) ? `\`${cell}\`` : cell))];
}

function ruleRow({ code, kind, disposition, releaseRole, parameters }: RuleVersion): Row {
  const { what, category } = RULE_KINDS[kind];
  const given = JSON.stringify(parameters);
  const released = disposition === 'hold' ? `a ${releaseRole}` : '';
  return [`\`${code}\``, what, `\`${category}\``, disposition, released, given === '{}' ? '' : `\`${given}\``];
}

function jsonRow([code, means]: readonly [string, string]): Row {
  return [`\`${code}\``, code === 'JSON.UNKNOWN_FIELD' ? 'warn' : 'reject', means];
}

function shopRow([code, { category, disposition, means }]: readonly [string, ShopCodeEntry]): Row {
  return [`\`${code}\``, `\`${category}\``, disposition, means];
}

function xmlRow([code, { category, disposition, description }]: readonly [string, XmlCodeEntry]): Row {
  return [`\`${code}\``, `\`${category}\``, disposition, description];
}

function csvRow([code, [does, means]]: readonly [string, readonly [string, string, ...string[]]]): Row {
  return [`\`${code}\``, `\`${categoryOf(code as CsvCode)}\``, does, means];
}

function x12Row([code, entry]: readonly [string, X12CodeEntry]): Row {
  const { category, disposition, description, acknowledged, tolerance } = entry;
  const does = tolerance === undefined ? disposition : `${disposition}; warn if \`${tolerance}\` is tolerated`;
  const told = acknowledged ? `${acknowledged.level} ${acknowledged.code}` : '';
  return [`\`${code}\``, `\`${category}\``, does, told, description];
}

if (import.meta.main) writeFileSync(CODES_FILE, describeCodes());
