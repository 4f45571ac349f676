import type { ASTNode } from '@marcbachmann/cel-js';
import { z } from 'zod';
import type { Order } from '../order.ts';
import { rememberCompiled } from './compiled.ts';
import { createEnvironment, FUNCTIONS, getVariables, LINEAR_MATCHES, type Variables } from './expression-types.ts';
import { field } from './parameters.ts';
import { isPattern } from './patterns.ts';
import type { Check } from './rule.ts';

/** An expression that could be compiled. */
export interface Expression {
  readonly evaluate: (variables: Variables) => unknown;
  /** What it reads: pointers as in an explanation. */
  readonly reads: readonly string[];
  /** How many of its loops stand within each other, and of how many parts it consists: what an evaluation may cost. */
  readonly nesting: number;
  readonly parts: number;
}

/** Why an expression cannot be taken, and where: characters counted from 1. */
class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  constructor(why: string, range?: { readonly start: number }) {
    super(range ? `${why} (at character ${String(range.start + 1)})` : why);
  }
}

/** Steps that one evaluation may take: about a tenth of a second. */
const STEPS = 1_000_000;

let environment: ReturnType<typeof createEnvironment> | undefined;

/**
 * Compiles an expression in CEL, or takes it from those that were. What it may cost is known before it runs: CEL has no
 * loops but those over lists, and what would let a list or text grow is refused.
 * @throws ExpressionError if it cannot be taken
 * @see https://github.com/google/cel-spec/blob/master/doc/langdef.md
 */
export const getExpression = rememberCompiled(compile);

function compile(source: string): Expression {
  const cel = (environment ??= createEnvironment());
  const parsed = attempt(() => cel.parse(source));
  prepare(parsed.ast);
  const { valid, type, error } = parsed.check();
  if (!valid) throw new ExpressionError(error?.summary ?? 'cannot be read', error?.range);
  if (type !== 'bool') throw new ExpressionError(`must be true or false, not of type ${String(type)}`);
  const measured = measure(parsed.ast, new Map(), 0);
  const reads = [...new Set(measured.reads)];
  return { evaluate: parsed, reads, nesting: measured.nesting, parts: measured.parts };
}

function attempt<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    const { summary, range } = error as { summary?: string; range?: { start: number } };
    throw new ExpressionError(summary ?? 'cannot be read', range);
  }
}

/** Refuses what is not exact or not bounded, and lets `matches` run in linear time. */
function prepare(node: ASTNode): void {
  if (node.op === 'value' && typeof node.args === 'number')
    throw new ExpressionError('a number with a point is not exact: write dec("1.50")', node.range);
  if (node.op === 'call' || node.op === 'rcall') {
    const [name, , given] = node.args as readonly [string, ASTNode, (readonly ASTNode[])?];
    if (!FUNCTIONS.has(name) || name === LINEAR_MATCHES)
      throw new ExpressionError(`there is no function ${name}`, node.range);
    if (name === 'matches') {
      const pattern = given?.[0];
      if (pattern?.op === 'value' && !isPattern(String(pattern.args)))
        throw new ExpressionError('not a regular expression in the syntax of RE2', pattern.range);
      (node.args as unknown as [string])[0] = LINEAR_MATCHES;
    }
  }
  for (const child of childrenOf(node)) prepare(child);
}

function childrenOf({ op, args }: ASTNode): readonly ASTNode[] {
  if (op === 'value' || op === 'id') return [];
  return ([args] as unknown[]).flat(3).filter((part): part is ASTNode => typeof part === 'object' && part !== null);
}

interface Measured {
  readonly nesting: number;
  readonly parts: number;
  readonly reads: readonly string[];
}

const LOOPS = ['all', 'exists', 'exists_one', 'map', 'filter'];
const ROOTS: Readonly<Record<string, string>> = { order: '/order', customer: '/facts/customer', today: '/now' };

/** What the variables of the loops around a node stand for, as pointers; undefined for elements of a list that was made. */
type LoopVariables = ReadonlyMap<string, string | undefined>;

function measure(node: ASTNode, loopVariables: LoopVariables, depth: number): Measured {
  refuseGrowth(node, depth);
  const path = pathOf(node, loopVariables);
  if (path !== undefined) return { nesting: 0, parts: 1, reads: [path] };
  const [name, target, inner] = node.op === 'rcall' ? (node.args as [string, ASTNode, readonly ASTNode[]]) : [];
  if (name !== undefined && target && inner && LOOPS.includes(name)) {
    const [variable, ...bodies] = inner;
    const over = pathOf(target, loopVariables);
    const within = new Map(loopVariables).set(variable?.args as string, over === undefined ? undefined : `${over}/*`);
    const body = addUp(bodies.map((part) => measure(part, within, depth + 1)));
    const list = over === undefined ? measure(target, loopVariables, depth) : NOTHING;
    return addUp([{ ...body, nesting: body.nesting + 1 }, list]);
  }
  const sum = addUp(childrenOf(node).map((child) => measure(child, loopVariables, depth)));
  return { ...sum, nesting: Math.max(sum.nesting, isLoop(node) ? 1 : 0) };
}

const NOTHING: Measured = { nesting: 0, parts: 1, reads: [] };

function addUp(all: readonly Measured[]): Measured {
  return {
    nesting: Math.max(0, ...all.map(({ nesting }) => nesting)),
    parts: 1 + all.reduce((total, { parts }) => total + parts, 0),
    reads: all.flatMap(({ reads }) => reads),
  };
}

/** Where what a node stands for lies, if it is a variable or a member of one. */
function pathOf(node: ASTNode, loopVariables: LoopVariables): string | undefined {
  if (node.op === 'id') {
    const name = node.args;
    return loopVariables.has(name) ? loopVariables.get(name) : ROOTS[name];
  }
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [left, member] = node.args as [ASTNode, string | ASTNode];
  const base = pathOf(left, loopVariables);
  if (base === undefined) return undefined;
  if (typeof member === 'string') return member === 'product' ? '/facts/products/*' : `${base}/${member}`;
  return member.op === 'value' ? `${base}/*` : undefined;
}

/** Membership, sums and comparisons of lists look at every element. */
function isLoop(node: ASTNode): boolean {
  if (node.op === 'in') return true;
  if (node.op === 'call' && (node.args as readonly unknown[])[0] === 'sum') return true;
  return (node.op === '==' || node.op === '!=') && typeOf(childrenOf(node)[0]).startsWith('list');
}

/** Lists never grow, and texts only outside of loops: doubling in a loop would fill the memory. */
function refuseGrowth(node: ASTNode, depth: number): void {
  if (node.op !== '+') return;
  const type = typeOf(node);
  if (type === 'Decimal' || type === 'int' || (type === 'string' && depth === 0)) return;
  throw new ExpressionError(`+ is not there for ${type} here`, node.range);
}

/** The type that the checker noted on a node. */
function typeOf(node: ASTNode | undefined): string {
  return (node as { checkedType?: { name?: string } } | undefined)?.checkedType?.name ?? 'dyn';
}

const expressionText = z
  .string()
  .min(1)
  .max(2000)
  .superRefine((source, context) => {
    try {
      getExpression(source);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'cannot be read' });
    }
  });

/** What must be true of an order, where in the order it is told if it is not, and in which words. No personal data. */
export const expressionParameters = z.strictObject({
  expression: expressionText,
  message: z.string().min(1).max(500),
  path: z.union([z.literal(''), field]).default(''),
});

/** What an expression reads. */
export function readsOfExpression(parameters: z.infer<typeof expressionParameters>): readonly string[] {
  return getExpression(parameters.expression).reads;
}

/** Says that an order is not as an expression wants it. @throws Error if the expression fails or would take too long */
export const checkExpression: Check<z.infer<typeof expressionParameters>> = (order, facts, parameters, now) => {
  const { expression, message, path } = parameters;
  const { evaluate, nesting, parts } = getExpression(expression);
  const cost = parts * longestList(order) ** nesting;
  if (cost > STEPS) throw new RangeError(`the expression would take ${cost} steps, at most ${STEPS} are allowed`);
  const result = evaluate(getVariables(order, facts, now));
  if (result === true) return [`${expression} is true.`];
  if (result !== false) throw new TypeError('the expression is neither true nor false');
  return [{ path, message, evidence: `${expression} is false` }];
};

/** At least as long as any list that an expression can write itself or find with the customer. */
function longestList({ lines, charges }: Order): number {
  return Math.max(100, lines.length, charges.length);
}
