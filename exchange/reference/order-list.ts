/** An order as the integration keeps it: a position that never changes, and any JSON object. */
export interface ListedOrder {
  /** 1, 2, 3 … in the order in which they came. */
  readonly position: number;
  readonly content: object;
}

/** A page of the list and where the next one begins. */
export interface OrderPage {
  readonly orders: readonly object[];
  /** What to send as `cursor` next; null when nothing comes behind for now. */
  readonly next: string | null;
}

/** The integration's orders, in memory. */
export interface OrderList {
  readonly add: (orders: readonly object[]) => number;
  /** @param cursor of an earlier page; null from the beginning. Undefined is answered for what is no cursor */
  readonly page: (cursor: string | null, limit: number) => OrderPage | undefined;
  readonly count: () => number;
  readonly clear: () => void;
}

/** Makes an empty list. */
export function createOrderList(): OrderList {
  let orders: readonly ListedOrder[] = [];
  return {
    add: (contents) => {
      const before = orders.length;
      orders = [...orders, ...contents.map((content, index) => ({ position: before + index + 1, content }))];
      return orders.length;
    },
    page: (cursor, limit) => {
      const after = cursor === null ? 0 : readCursor(cursor);
      if (after === undefined) return undefined;
      const listed = orders.slice(after, after + limit);
      const last = listed.at(-1);
      return { orders: listed.map(({ content }) => content), next: last ? writeCursor(last.position) : null };
    },
    count: () => orders.length,
    clear: () => {
      orders = [];
    },
  };
}

/** Opaque on purpose: clients send back what they were given. */
function writeCursor(position: number): string {
  return Buffer.from(`after:${String(position)}`).toString('base64url');
}

function readCursor(cursor: string): number | undefined {
  const [, position] = /^after:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return position === undefined ? undefined : Number(position);
}
