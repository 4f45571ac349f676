import { BackOfficeUnavailable, type ReserveLimit } from '../backoffice/port.ts';
import { listFindings } from '../db/findings.ts';
import { listApprovedCodes } from '../db/holds.ts';
import type { OrderRef } from '../db/orders.ts';
import { getFactsNow } from '../db/rejudgements.ts';
import { listKnownRules } from '../db/rules.ts';
import type { Store } from '../db/store.ts';
import type { Finding } from '../orders/finding.ts';
import { type Delivery, type Fulfilment, isFulfilmentOf } from '../orders/fulfilment.ts';
import type { Order } from '../orders/order.ts';
import { chooseRules, findRuleOf } from '../orders/rules/evaluate.ts';
import { chooseDelivery } from '../orders/rules/inventory.ts';
import type { RuleVersion } from '../orders/rules/rule.ts';
import { listRulesFor } from './validate-order.ts';

/** How a revision is to be delivered, by the rules and the facts that it was judged by last. */
export async function findDelivery(store: Store, ref: OrderRef, order: Order): Promise<Delivery> {
  const facts = await getFactsNow(store, ref);
  const at = new Date(facts.asOf);
  return chooseDelivery(chooseRules(await listRulesFor(store, ref, at), order, at), facts);
}

/** Which finding that was let pass lets the order pass which limit. */
const LIMIT_OF: Readonly<Record<string, ReserveLimit>> = { 'CREDIT.LIMIT': 'credit', 'STOCK.SHORT': 'stock' };

/** The limits that a revision may pass: a person let it, or a rule is only to tell of it. */
export async function listAllowed(store: Store, ref: OrderRef, delivery: Delivery): Promise<readonly ReserveLimit[]> {
  const findings = await listFindings(store, `order:${ref.orderId}`, ref.revision);
  const rules = await listKnownRules(store);
  const told = findings.filter((finding) => isOnlyTold(finding, findRuleOf(finding, rules), delivery));
  const codes = [...(await listApprovedCodes(store, ref)), ...told.map(({ code }) => code)];
  return [...new Set(codes.flatMap((code) => LIMIT_OF[code] ?? []))];
}

/**
 * Of short stock that the customer takes later is told too, whatever the rule says of other short stock. But what is not
 * there is not taken: it waits.
 */
function isOnlyTold({ code, disposition }: Finding, rule: RuleVersion | undefined, { partial }: Delivery): boolean {
  if (disposition !== 'warn') return false;
  return LIMIT_OF[code] !== 'stock' || (partial === 'hold' && rule?.disposition === 'warn');
}

/**
 * What the back office says of an order's lines, if it can be: an answer about other lines, or by which more or less goes
 * than was ordered, tells nothing.
 * @param quantities what the lines order
 * @throws BackOfficeUnavailable
 */
export function trustFulfilments(
  call: 'reserve' | 'takeBackorders',
  quantities: readonly string[],
  answered: readonly Fulfilment[],
): readonly Fulfilment[] {
  if (isFulfilmentOf(quantities, answered)) return answered;
  throw new BackOfficeUnavailable(call, 'the lines do not come to what was ordered', { isGarbled: true });
}
