import type { OrderDetail } from '../gateway.ts';
import { resolveOrder } from './connection.ts';
import {
  AS_OPTION,
  findNumber,
  findText,
  type Given,
  getText,
  getWord,
  JSON_OPTION,
  printAnswer,
  type Verb,
} from './verb.ts';

/** What became of a decision: applied, or kept to be told to the order later. */
interface Outcome {
  readonly decisionId: string;
  readonly state: string;
  readonly revision?: number;
  readonly holds?: readonly string[];
}

const OPTIONS = { reason: { type: 'string' }, revision: { type: 'string' }, ...AS_OPTION, ...JSON_OPTION } as const;
const HELP = `ORDER is an order's id, or its PO number where only one order has it.

  --reason TEXT   why; kept with the decision
  --as PERSON     in whose name
  --revision N    the revision that you looked at; the present one without
  --json          as the API answers`;

export const approve: Verb = {
  usage: 'approve ORDER --reason TEXT --as PERSON [--holds CODES] [--judgement N]',
  what: 'release holds; the order goes on when none is left',
  help: `${HELP}

  --holds CODES   only these, with commas between; without, all that stand and that the person may release
  --judgement N   the judgement that you looked at: nothing is approved if the order was judged again since

Nobody approves an order that they typed or corrected. Some holds take a supervisor: \`orders show\` says which.`,
  options: { ...OPTIONS, holds: { type: 'string' }, judgement: { type: 'string' } },
  words: 1,
  run: (given) => decide(given, 'review/approve', { ...findNamedHolds(given), ...findSeen(given) }),
};

export const reject: Verb = {
  usage: 'reject ORDER --reason TEXT --as PERSON',
  what: 'send an order back to its source',
  help: HELP,
  options: OPTIONS,
  words: 1,
  run: (given) => decide(given, 'review/reject'),
};

export const cancel: Verb = {
  usage: 'cancel ORDER --reason TEXT --as PERSON',
  what: 'cancel an order that production does not have yet',
  help: HELP,
  options: OPTIONS,
  words: 1,
  run: (given) => decide(given, 'cancel'),
};

export const reprocess: Verb = {
  usage: 'reprocess ORDER --reason TEXT --as PERSON',
  what: 'begin an order anew that was rejected, cancelled or only staged',
  help: `${HELP}

The document is read again as it was received, and the order goes on as its next revision.`,
  options: OPTIONS,
  words: 1,
  run: (given) => decide(given, 'reprocess'),
};

function findNamedHolds(given: Given): { readonly holds?: readonly string[] } {
  const named = findText(given, 'holds');
  return named === undefined ? {} : { holds: named.split(',').map((code) => code.trim()) };
}

function findSeen(given: Given): { readonly judgement?: number } {
  const judgement = findNumber(given, 'judgement');
  return judgement === undefined ? {} : { judgement };
}

async function decide(given: Given, action: string, more: object = {}): Promise<number> {
  const { connection } = given;
  const token = connection.tokenOf(findText(given, 'as'));
  const reason = getText(given, 'reason');
  const id = await resolveOrder(connection, token, getWord(given, 0));
  const asked = findNumber(given, 'revision');
  const { revision } =
    asked === undefined ? await connection.gateway.get<OrderDetail>(`/v1/orders/${id}`, token) : { revision: asked };
  const outcome = await connection.gateway.send<Outcome>('POST', `/v1/orders/${id}/${action}`, token, {
    revision,
    reason,
    ...more,
  });
  printAnswer(given, outcome, () => `order ${id} is ${describe(outcome)}`);
  return 0;
}

function describe({ state, holds = [] }: Outcome): string {
  if (state === 'recorded') return 'not reached yet; the decision is kept and takes effect as soon as it is';
  return holds.length > 0 ? `${state}, because of ${holds.join(', ')}` : state;
}
