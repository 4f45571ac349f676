import type { RuleScope, RuleVersion } from '../orders/rules/rule.ts';
import { insertOnce } from './dialect.ts';
import { parseKept } from './faults.ts';
import type { Keyring } from './keyring.ts';
import type { Store } from './store.ts';
import type { OrderValidationRuleTable } from './tables.ts';

/** The rules as last read, and how many versions there were: they are only ever added. */
const lastRead = new WeakMap<Keyring, { readonly versions: number; readonly rules: readonly RuleVersion[] }>();

/** All versions of all rules; which of them speak is decided by time and scope in `orders/rules`. */
export async function listRules(store: Store): Promise<readonly RuleVersion[]> {
  const count = store.db.selectFrom('order_validation_rules').select((eb) => eb.fn.countAll<number>().as('versions'));
  const { versions } = await count.executeTakeFirstOrThrow();
  const last = lastRead.get(store.keys);
  if (last?.versions === versions) return last.rules;
  const rows = await store.db
    .selectFrom('order_validation_rules')
    .selectAll()
    .orderBy('code')
    .orderBy('version')
    .execute();
  const rules = rows.map(readRule);
  lastRead.set(store.keys, { versions: rows.length, rules });
  return rules;
}

/** Writes a version of a rule, once: versions are never edited. @returns whether it is new. */
export function addRule(store: Store, rule: RuleVersion, at: string): Promise<boolean> {
  const { kind: scope, ...scopeValue } = rule.scope;
  return insertOnce(store.db, 'order_validation_rules', {
    code: rule.code, version: rule.version, kind: rule.kind, scope, scope_value: JSON.stringify(scopeValue),
    parameters_json: JSON.stringify(rule.parameters), disposition: rule.disposition, release_role: rule.releaseRole,
    severity: rule.severity, effective_from: rule.effectiveFrom, effective_to: rule.effectiveTo, author: rule.author,
    reason: rule.reason, created_at: at,
  }); // prettier-ignore
}

function nameOf({ code, version }: OrderValidationRuleTable): string {
  return `rule:${code}:${String(version)}`;
}

function readRule(row: OrderValidationRuleTable): RuleVersion {
  const scope = { kind: row.scope, ...parseKept<object>(row.scope_value ?? '{}', nameOf(row), 'scope') } as RuleScope;
  const { code, version, disposition, author, reason } = row;
  return {
    code,
    version,
    disposition,
    author,
    reason,
    scope,
    kind: row.kind as RuleVersion['kind'],
    parameters: parseKept<unknown>(row.parameters_json, nameOf(row), 'parameters'),
    releaseRole: row.release_role as RuleVersion['releaseRole'],
    severity: row.severity as RuleVersion['severity'],
    effectiveFrom: row.effective_from,
    effectiveTo: row.effective_to,
  };
}
