import type { Location } from './finding.ts';

/** What a letter is written from: a notice as it is pushed, whose members may be left out. */
export interface Told {
  /** Such as `order.rejected`. */
  readonly type: string;
  readonly data: {
    readonly orderId?: string | null;
    readonly documentId?: string | null;
    readonly source?: string | null;
    readonly externalId?: string | null;
    readonly poNumber?: string | null;
    readonly productionOrderId?: string | null;
    readonly findings?: readonly ToldFinding[];
    /** How many more there are. */
    readonly findingsLeftOut?: number;
    readonly [member: string]: unknown;
  };
}

/** What of a finding is told: no evidence, which may quote the order. */
interface ToldFinding {
  readonly code: string;
  readonly path: string;
  readonly message: string;
  readonly location: Location;
}

/** Plain text. */
export interface NoticeLetter {
  readonly subject: string;
  readonly text: string;
}

/** What is said of one kind of notice: what happened, with the order's or document's name before it, and what to do. */
interface Wording {
  readonly happened: string;
  readonly meaning: string;
  readonly todo: string;
}

const WORDINGS: Readonly<Record<string, Wording>> = {
  'order.completed': {
    happened: 'is in production',
    meaning: 'We took the order as it stands and handed it to production.',
    todo: 'There is nothing for you to do.',
  },
  'order.rejected': {
    happened: 'was rejected',
    meaning: 'Nothing of this order will be produced.',
    todo: 'Please correct what is named above and send the order again.',
  },
  'order.cancelled': {
    happened: 'was cancelled',
    meaning: 'Nothing of this order will be produced.',
    todo: 'If you did not expect this, please get in touch with your contact at our house.',
  },
  'order.applied': {
    happened: 'was taken into the order that it changes',
    meaning: 'The order that you sent before stands as changed.',
    todo: 'There is nothing for you to do.',
  },
  'order.line_released': {
    happened: 'goes on with what waited for stock',
    meaning: 'What has come in for it was set aside.',
    todo: 'There is nothing for you to do.',
  },
  'document.refused': {
    happened: 'could not be read',
    meaning: 'No order was made of it.',
    todo: 'Please correct what is named above and send the document again.',
  },
  'review.opened': {
    happened: 'waits for a review',
    meaning: 'Somebody has to decide before the order goes on.',
    todo: 'Please look at it in the list of reviews.',
  },
  'review.reminder': {
    happened: 'still waits for a review',
    meaning: 'Most of the time for a decision is over.',
    todo: 'Please look at it in the list of reviews.',
  },
  'review.escalated': {
    happened: 'has waited too long for a review',
    meaning: 'The time for a decision is over; the order goes on waiting.',
    todo: 'Please see to it that somebody decides.',
  },
};

const MOST_FINDINGS = 50;
const LONGEST_NAME = 60;
const LONGEST_TITLE = 100;
const LONGEST_MESSAGE = 1000;

/** Writes a letter to whoever sent an order, or answers for it: what happened, what is wrong and where, what to do. */
export function writeLetter({ type, data }: Told): NoticeLetter {
  const wording = WORDINGS[type];
  if (!wording) return writePlainLetter({ type, data });
  const name = nameOf(data);
  const parts = [
    `${name} ${wording.happened}.\n${wording.meaning}`,
    ...(data.productionOrderId ? [`Production order: ${clean(data.productionOrderId, LONGEST_NAME)}`] : []),
    ...listFindings(data),
    wording.todo,
    signOff(data),
  ];
  return { subject: `${name} ${wording.happened}`, text: `${parts.join('\n\n')}\n` };
}

/** What has no words of its own, such as an incident: its title, and its members that are plain, a line each. */
function writePlainLetter({ type, data: { title, ...data } }: Told): NoticeLetter {
  const words = clean(type.replaceAll(/[._]/g, ' '), LONGEST_NAME);
  const subject = typeof title === 'string' ? `${words}: ${clean(title, LONGEST_TITLE)}` : words;
  const members = Object.entries(data).flatMap(([name, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value)
      ? [`${toWords(name)}: ${clean(String(value), LONGEST_MESSAGE)}`]
      : [],
  );
  return { subject, text: `${[subject, members.join('\n'), signOff(data)].join('\n\n')}\n` };
}

/** `whatToDo`: what to do */
function toWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function nameOf({ poNumber, externalId, orderId, documentId }: Told['data']): string {
  if (poNumber) return `Purchase order ${clean(poNumber, LONGEST_NAME)}`;
  if (externalId) return `Order ${clean(externalId, LONGEST_NAME)}`;
  if (orderId) return `Order ${clean(orderId, LONGEST_NAME)}`;
  return `Document ${clean(documentId ?? '', LONGEST_NAME)}`;
}

function listFindings({ findings = [], findingsLeftOut = 0 }: Told['data']): readonly string[] {
  if (findings.length === 0) return [];
  const shown = findings.slice(0, MOST_FINDINGS).map((finding, index) => {
    const place = describePlace(finding);
    const where = place === '' ? '' : `\n   Where: ${place}`;
    return `${String(index + 1)}. ${clean(finding.message, LONGEST_MESSAGE)} (${clean(finding.code, LONGEST_NAME)})${where}`;
  });
  const left = findings.length - shown.length + findingsLeftOut;
  return ['What we found:', ...shown, ...(left > 0 ? [`And ${String(left)} more.`] : [])];
}

/** The place in the document as received, and in the order, in words. */
function describePlace({ path, location }: ToldFinding): string {
  const { line, column, segment, segmentPosition, element, row, pointer } = location;
  const named = (words: string, value: number | string | undefined): readonly string[] =>
    value === undefined ? [] : [`${words} ${clean(String(value), LONGEST_MESSAGE)}`];
  return [
    ...named('line', line),
    ...named('row', row),
    ...named('column', column),
    ...named('segment', segment),
    ...named('position', segmentPosition),
    ...named('element', element),
    ...named('at', pointer),
    ...(path === '' ? [] : named('field', path)),
  ].join(', ');
}

/** By what the order is found when somebody asks. */
function signOff({ orderId, documentId, source }: Told['data']): string {
  const references = [
    ...(source ? [`Source: ${clean(source, LONGEST_NAME)}`] : []),
    ...(orderId ? [`Our number of the order: ${clean(orderId, LONGEST_NAME)}`] : []),
    ...(documentId ? [`Our number of the document: ${clean(documentId, LONGEST_NAME)}`] : []),
  ];
  return [...references, 'This letter was written by a program; nobody reads answers to it.'].join('\n');
}

/**
 * Text from outside as part of a line: what could begin another line, or show text in another order than it is written, is
 * a blank; what is too long is cut.
 */
function clean(text: string, longest: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
