import type { Finding } from '../orders/finding.ts';
import { first } from './dialect.ts';
import { parseKept } from './faults.ts';
import { getSealer, type Subject } from './seal.ts';
import type { Store } from './store.ts';

/** The steps that find things. */
export type FindingStep =
  'intake' | 'parse' | 'validate' | 'credit' | 'inventory' | 'clash' | 'reserve' | 'submit' | 'process';

/** Writes what a step found, replacing what the same step found on the same revision before. */
export async function putFindings(
  tx: Store,
  of: { readonly subject: Subject; readonly revision: number; readonly step: FindingStep; readonly at: string },
  findings: readonly Finding[],
): Promise<void> {
  await tx.db
    .deleteFrom('order_staging_errors')
    .where('subject', '=', of.subject)
    .where('revision', '=', of.revision)
    .where('step', '=', of.step)
    .execute();
  if (findings.length === 0) return;
  const sealer = await getSealer(tx, of.subject);
  for (const [
    sequence,
    { code, ruleVersion, category, disposition, severity, path, message, evidence, excess, location },
  ] of findings.entries()) {
    const content = sealer.sealJson(placeOf(of.revision, of.step, sequence), { severity, message, evidence, excess });
    await tx.db
      .insertInto('order_staging_errors')
      .values({
        subject: of.subject,
        revision: of.revision,
        step: of.step,
        sequence,
        code,
        rule_version: ruleVersion ?? null,
        category,
        disposition,
        path,
        location_json: JSON.stringify(location),
        content_sealed: content,
        created_at: of.at,
      }) // prettier-ignore
      .execute();
  }
}

/** Whether a step found something on a revision when it last looked. */
export async function hasFindings(
  store: Store,
  of: { readonly subject: Subject; readonly revision: number; readonly step: FindingStep },
): Promise<boolean> {
  const query = store.db
    .selectFrom('order_staging_errors')
    .select('sequence')
    .where('subject', '=', of.subject)
    .where('revision', '=', of.revision)
    .where('step', '=', of.step);
  return (await first(query, 1).executeTakeFirst()) !== undefined;
}

/**
 * All findings on one revision, in the order of the steps; or what one step found.
 * @throws Erased if the subject's key is gone.
 */
export async function listFindings(
  store: Store,
  subject: Subject,
  revision: number,
  step?: FindingStep,
): Promise<Finding[]> {
  let query = store.db
    .selectFrom('order_staging_errors')
    .selectAll()
    .where('subject', '=', subject)
    .where('revision', '=', revision);
  if (step !== undefined) query = query.where('step', '=', step);
  const rows = await query.orderBy('created_at').orderBy('step').orderBy('sequence').execute();
  if (rows.length === 0) return [];
  const sealer = await getSealer(store, subject);
  return rows.map((row) => ({
    code: row.code,
    ...(row.rule_version !== null && { ruleVersion: row.rule_version }),
    category: row.category,
    disposition: row.disposition,
    path: row.path,
    ...sealer.openJson<Pick<Finding, 'severity' | 'message' | 'evidence' | 'excess'>>(
      placeOf(row.revision, row.step, row.sequence),
      row.content_sealed,
    ),
    location: parseKept<Finding['location']>(row.location_json, row.subject, `location of finding ${row.code}`),
  }));
}

function placeOf(revision: number, step: string, sequence: number): string {
  return `finding ${String(revision)} ${step} ${String(sequence)}`;
}
