import { Environment } from '@marcbachmann/cel-js';
import { Decimal } from 'decimal.js';
import type { Facts } from '../facts.ts';
import { decimal, sum } from '../money.ts';
import type { Order } from '../order.ts';
import { getPattern } from './patterns.ts';
import { findProduct } from './product.ts';

/** The class of exact decimals, by which CEL tells them from everything else. */
const Exact = decimal('0').constructor as new (text: string) => Decimal;

/*
 * CEL tells types by their constructors, so each type needs one. A field without a value is empty text, an empty list or
 * an empty object, as in protocol buffers; a number without a value is absent, and `has()` says so.
 */
const TYPES = {
  Product: { sku: 'string', active: 'bool', unit: 'string', available: 'Decimal', packSize: 'Decimal' },
  Amount: { code: 'string', amount: 'Decimal' },
  Address: {
    id: 'string', name: 'string', lines: 'list<string>', city: 'string', region: 'string', postalCode: 'string',
    country: 'string',
  },
  Payment: { method: 'string', terms: 'string' },
  Line: {
    line: 'string', sku: 'string', description: 'string', quantity: 'Decimal', unit: 'string', unitPrice: 'Decimal',
    discounts: 'list<Amount>', amount: 'Decimal', requestedDeliveryDate: 'string', deliverTo: 'Address',
    product: 'Product',
  },
  Order: {
    source: 'string', externalId: 'string', poNumber: 'string', type: 'string', orderDate: 'string',
    requestedDeliveryDate: 'string', currency: 'string', customerId: 'string', payment: 'Payment', shipTo: 'Address',
    billTo: 'Address', lines: 'list<Line>', charges: 'list<Amount>', tax: 'Decimal', total: 'Decimal',
    notes: 'list<string>',
  },
  Customer: {
    id: 'string', status: 'string', currency: 'string', creditLimit: 'Decimal', creditUsed: 'Decimal',
    minimumOrder: 'Decimal', maximumOrder: 'Decimal', paymentMethods: 'list<string>', paymentTerms: 'list<string>',
    addresses: 'list<Address>',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>; // prettier-ignore
type TypeName = keyof typeof TYPES;
type Constructor = new () => object;

/** A function is a constructor, and each call of this one makes another. */
function createConstructor(): Constructor {
  return function Value() {} as unknown as Constructor;
}

const CONSTRUCTORS = Object.fromEntries(Object.keys(TYPES).map((name) => [name, createConstructor()])) as Readonly<
  Record<TypeName, Constructor>
>;

/** What an expression may call. Everything else that CEL has is refused: see `expression.ts`. */
export const FUNCTIONS = new Set([
  'has', 'size', 'contains', 'startsWith', 'endsWith', 'lowerAscii', 'upperAscii', 'trim', 'matches', 'all', 'exists',
  'exists_one', 'map', 'filter', 'dec', 'sum', 'abs', 'round', 'daysBetween', 'linearMatches',
]); // prettier-ignore

/** The name under which `matches` runs: CEL's own would take the regular expressions of JavaScript, which may never end. */
export const LINEAR_MATCHES = 'linearMatches';

const LIMITS = { maxAstNodes: 400, maxDepth: 40, maxListElements: 100, maxMapEntries: 0, maxCallArguments: 3 };

/** What expressions are written in: exact decimals, the order, and what the back office knows of customer and products. */
export function createEnvironment(): Environment {
  const environment = new Environment({ limits: LIMITS }).registerType('Decimal', { ctor: Exact, fields: {} });
  for (const name of Object.keys(TYPES) as TypeName[])
    environment.registerType(name, { ctor: CONSTRUCTORS[name], fields: TYPES[name] });
  addArithmetic(environment);
  return environment
    .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (text: string, pattern: string) =>
      getPattern(pattern).test(text),
    )
    .registerFunction('daysBetween(string, string): int', daysBetween)
    .registerVariable('order', 'Order')
    .registerVariable('customer', 'Customer')
    .registerVariable('today', 'string');
}

const toDecimal = (value: Decimal | bigint): Decimal => (typeof value === 'bigint' ? decimal(String(value)) : value);

const ARITHMETIC: Readonly<Record<string, (one: Decimal, other: Decimal) => Decimal | boolean>> = {
  '+': (one, other) => one.plus(other),
  '-': (one, other) => one.minus(other),
  '*': (one, other) => one.times(other),
  '/': (one, other) => {
    if (other.isZero()) throw new RangeError('division by zero');
    return one.dividedBy(other);
  },
  '<': (one, other) => one.lessThan(other),
  '<=': (one, other) => one.lessThanOrEqualTo(other),
  '>': (one, other) => one.greaterThan(other),
  '>=': (one, other) => one.greaterThanOrEqualTo(other),
  '==': (one, other) => one.equals(other),
};

/** Whole numbers mix with decimals, because they are exact. */
function addArithmetic(environment: Environment): void {
  const pairs = [['Decimal', 'Decimal'], ['Decimal', 'int'], ['int', 'Decimal']]; // prettier-ignore
  for (const [operator, compute] of Object.entries(ARITHMETIC)) {
    const result = '+-*/'.includes(operator) ? 'Decimal' : 'bool';
    for (const [left = '', right = ''] of pairs) {
      // The library mirrors equality itself.
      if (operator === '==' && left === 'int') continue;
      const handle = (one: Decimal | bigint, other: Decimal | bigint) => compute(toDecimal(one), toDecimal(other));
      environment.registerOperator(`${left} ${operator} ${right}: ${result}`, handle);
    }
  }
  environment
    .registerOperator('-Decimal: Decimal', (value: Decimal) => value.negated())
    .registerFunction('dec(string): Decimal', (text: string) => decimal(text))
    .registerFunction('dec(int): Decimal', toDecimal)
    .registerFunction('abs(Decimal): Decimal', (value: Decimal) => value.abs())
    .registerFunction('round(Decimal, int): Decimal', (value: Decimal, digits: bigint) =>
      value.toDecimalPlaces(Number(digits), Decimal.ROUND_HALF_UP),
    )
    .registerFunction('sum(list<Decimal>): Decimal', (values: readonly Decimal[]) =>
      values.reduce((total, value) => total.plus(value), sum([])),
    );
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** @throws RangeError if one is no date */
function daysBetween(from: string, to: string): bigint {
  const days = (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS;
  if (!Number.isInteger(days)) throw new RangeError('not a date such as 2026-12-01');
  return BigInt(days);
}

/** What the variables of an expression stand for. */
export interface Variables extends Record<string, unknown> {
  readonly order: object;
  readonly customer: object;
  /** `YYYY-MM-DD` in UTC. */
  readonly today: string;
}

/** Of an order and its facts, the variables are made once: many rules ask for them, one after the other. */
const made = new WeakMap<Facts, { readonly order: Order; readonly variables: Variables }>();

/** The variables for one order, judged at one moment. */
export function getVariables(order: Order, facts: Facts, now: Date): Variables {
  const today = now.toISOString().slice(0, 'YYYY-MM-DD'.length);
  const known = made.get(facts);
  if (known?.order === order && known.variables.today === today) return known.variables;
  const lines = order.lines.map((line) => ({ ...line, product: findProduct(facts, line.sku) ?? {} }));
  const variables = {
    order: make('Order', { ...order, lines }),
    customer: make('Customer', facts.customer ?? {}),
    today,
  };
  made.set(facts, { order, variables });
  return variables;
}

function make(name: TypeName, from: object): object {
  const object = new CONSTRUCTORS[name]();
  for (const [field, type] of Object.entries(TYPES[name])) {
    const value = convert(type, (from as Readonly<Record<string, unknown>>)[field]);
    if (value !== undefined) Object.assign(object, { [field]: value });
  }
  return object;
}

function convert(type: string, value: unknown): unknown {
  const element = /^list<(\w+)>$/.exec(type)?.[1];
  if (element !== undefined) return ((value ?? []) as readonly unknown[]).map((item) => convert(element, item));
  if (type === 'Decimal') return value == null ? undefined : decimal(value as string);
  if (type === 'string') return value ?? '';
  return type in TYPES ? make(type as TypeName, value ?? {}) : value;
}
