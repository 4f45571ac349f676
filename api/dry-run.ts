import { v4 as uuidv4 } from 'uuid';
import { findRulesSequence, listRulesInForce } from '../db/rules.ts';
import type { Finding } from '../orders/finding.ts';
import type { ParseResult } from '../orders/formats/format.ts';
import type { Order } from '../orders/order.ts';
import { evaluateRules } from '../orders/rules/evaluate.ts';
import type { Deps } from './deps.ts';
import type { Visitor } from './intake.ts';
import { ask } from './reading/ask.ts';

/** How many orders are judged at once: each asks the back office. */
const AT_ONCE = 8;

/** What would become of one order. */
export interface JudgedOrder {
  /** null: it cannot be read far enough to be judged. */
  readonly order: Order | null;
  readonly findings: readonly Finding[];
}

/** What would become of a document: of some of its orders, from a position on. */
export interface DryRunPage {
  readonly orders: readonly JudgedOrder[];
  /** How many orders the document holds. */
  readonly count: number;
  /** Of the document as a whole, and of pieces that became no order. */
  readonly findings: readonly Finding[];
}

/** Judges the orders of a document without keeping anything. @param operatorId who would have typed them */
export async function dryRun(
  { store, backOffice }: Pick<Deps, 'store' | 'backOffice'>,
  visitor: Visitor,
  operatorId: string | null,
  page: { readonly from: number; readonly size: number },
): Promise<DryRunPage> {
  const { format, holds, bytes, profile, masked } = visitor;
  const { orders: read, count, findings } = await ask('readOrders', bytes, { format, holds, profile }, page);
  const sequence = await findRulesSequence(store);
  const judgeRead = async (parsed: ParseResult): Promise<JudgedOrder> => {
    const order = parsed.order && { ...parsed.order, operatorId };
    return {
      order,
      findings: [...parsed.findings, ...(order ? await judge({ store, backOffice }, sequence, order) : [])],
    };
  };
  const orders: JudgedOrder[] = [];
  for (let at = 0; at < read.length; at += AT_ONCE)
    orders.push(...(await Promise.all(read.slice(at, at + AT_ONCE).map(judgeRead))));
  return { orders, count, findings: [...masked, ...findings] };
}

async function judge(
  { store, backOffice }: Pick<Deps, 'store' | 'backOffice'>,
  sequence: number,
  order: Order,
): Promise<readonly Finding[]> {
  // An order that exists nowhere: nothing of its own is left out of credit and stock.
  const facts = await backOffice.getFacts(uuidv4(), order);
  const at = new Date(facts.asOf);
  return evaluateRules(await listRulesInForce(store, { at, sequence }), order, facts, at).findings;
}
