import type { PartialDelivery } from './facts.ts';
import { decimal, sum } from './money.ts';
import type { Order, OrderLine } from './order.ts';

/** How an order is delivered. */
export interface Delivery {
  /** What becomes of what the stock does not cover. */
  readonly partial: PartialDelivery;
  /** Only these warehouses count; empty: all of them. */
  readonly warehouses: readonly string[];
}

/** Units of a line that go from one warehouse. */
export interface Allocation {
  readonly warehouse: string;
  /** A decimal string. */
  readonly quantity: string;
}

/** What of a line goes now and from where, and what waits for stock: together the line's quantity. */
export interface Fulfilment {
  readonly allocations: readonly Allocation[];
  /** A decimal string, `"0"` if nothing does. */
  readonly waiting: string;
}

/** The fulfilment of the line with this id, lines in the order in which they were asked about. */
export interface LineFulfilment extends Fulfilment {
  readonly line: string;
}

/** A line as it is handed off: as the sender sent it, and what of it goes now. */
export interface StagedLine extends OrderLine {
  /** Absent: nothing was set aside for it, all of it is to go. */
  fulfilment?: Fulfilment;
}

/** An order as it is handed off. Lines, amounts and total are the sender's. */
export interface StagedOrder extends Order {
  lines: StagedLine[];
}

/** How much a line orders: what of it goes and what waits. */
export function sumFulfilment({ allocations, waiting }: Fulfilment): string {
  return sum([waiting, ...allocations.map(({ quantity }) => quantity)]).toFixed();
}

/** Whether there is one fulfilment for each line, and each comes to what the line orders. */
export function isFulfilmentOf(quantities: readonly string[], fulfilments: readonly Fulfilment[]): boolean {
  const sums = fulfilments.map((of) => decimal(sumFulfilment(of)));
  return sums.length === quantities.length && quantities.every((quantity, i) => sums[i]?.equals(decimal(quantity)));
}

/** The order with what was set aside for its lines. @throws RangeError if that is not one fulfilment for each line */
export function withFulfilment(order: Order, fulfilments: readonly Fulfilment[]): StagedOrder {
  if (fulfilments.length === 0) return order;
  return {
    ...order,
    lines: order.lines.map((line, index) => {
      const of = fulfilments[index];
      if (!of) throw new RangeError(`nothing is known of what was set aside for line ${String(index + 1)}`);
      return { ...line, fulfilment: { allocations: of.allocations, waiting: of.waiting } };
    }),
  };
}
