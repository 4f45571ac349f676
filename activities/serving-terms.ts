import type { Allowance, Allowed } from '../backoffice/port.ts';
import { listCovered } from '../db/decisions.ts';
import type { Case } from '../db/facts.ts';
import { listFindings } from '../db/findings.ts';
import type { OrderRef } from '../db/orders.ts';
import type { Store } from '../db/store.ts';
import type { Covered } from '../orders/approval.ts';
import type { Finding } from '../orders/finding.ts';
import type { Delivery } from '../orders/fulfilment.ts';
import { decimal } from '../orders/money.ts';
import type { Order } from '../orders/order.ts';
import { usesCredit } from '../orders/rules/credit.ts';
import { chooseRules, findRuleOf } from '../orders/rules/evaluate.ts';
import { chooseDelivery } from '../orders/rules/inventory.ts';
import type { RuleVersion } from '../orders/rules/rule.ts';
import { listRulesUpTo } from './validate-order.ts';

/** How the back office is to serve a revision: how it is delivered, and which limits it may pass. */
export type Terms = Delivery & Allowed;

/** The terms of a revision, by the rules and the facts that it was judged by last, and by what was let pass of it. */
export async function findTerms(store: Store, ref: OrderRef, { order, facts, rulesSequence }: Case): Promise<Terms> {
  const at = new Date(facts.asOf);
  const rules = chooseRules(await listRulesUpTo(store, rulesSequence, at), order, at);
  const delivery = chooseDelivery(rules, facts);
  const findings = await listFindings(store, `order:${ref.orderId}`, ref.revision);
  const told = findings.filter((finding) => isOnlyTold(finding, findRuleOf(finding, rules), delivery));
  const allow = [
    ...(usesCredit(rules, order) ? [] : [{ limit: 'credit', excess: UNLIMITED } as const]),
    ...told.flatMap((finding) => toAllowance({ ...finding, excess: UNLIMITED }, order)),
    ...(await listCovered(store, ref)).flatMap((covered) => toAllowance(covered, order)),
  ];
  return { ...delivery, allow: keepLargest(allow) };
}

const UNLIMITED = 'unlimited';

/**
 * Of short stock that the customer takes later is told too, whatever the rule says of other short stock. But what is not
 * there is not taken: it waits.
 */
function isOnlyTold({ code, disposition }: Finding, rule: RuleVersion | undefined, { partial }: Delivery): boolean {
  if (disposition !== 'warn') return false;
  return code !== STOCK_SHORT || (partial === 'hold' && rule?.disposition === 'warn');
}

const STOCK_SHORT = 'STOCK.SHORT';

/** What letting a finding pass lets the order pass. Where no excess was shown, such as in another currency, none was asked about. */
function toAllowance({ code, path, excess = UNLIMITED }: Covered, { lines }: Order): readonly Allowance[] {
  if (code === 'CREDIT.LIMIT') return [{ limit: 'credit', excess }];
  const index = /^\/lines\/(\d+)\//.exec(path)?.[1];
  const line = code === STOCK_SHORT && index !== undefined ? lines[Number(index)] : undefined;
  return line ? [{ limit: 'stock', sku: line.sku, excess }] : [];
}

/** What was let pass twice, such as after more was found, is let pass as far as the larger one says. */
function keepLargest(allow: readonly Allowance[]): readonly Allowance[] {
  const byLimit = Map.groupBy(allow, (one) => (one.limit === 'stock' ? one.sku : ''));
  return [...byLimit.values()].flatMap((rivals) => rivals.toSorted(byExcess).slice(0, 1));
}

function byExcess(one: Allowance, other: Allowance): number {
  if (one.excess === UNLIMITED) return -1;
  if (other.excess === UNLIMITED) return 1;
  return decimal(other.excess).comparedTo(decimal(one.excess));
}
