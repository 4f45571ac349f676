import { acknowledge, type AcknowledgedLoss } from '../../db/acknowledged.ts';
import { findPrincipalByToken } from '../../db/principals.ts';
import type { Store } from '../../db/store.ts';
import {
  type BrokenPlace,
  findAcknowledgeable,
  type Progress,
  type Verification,
  verifyLog,
} from '../../db/verify-log.ts';
import { withLocalStore } from './local-store.ts';
import { Misuse } from './misuse.ts';
import { AS_OPTION, findText, getText, type Given, JSON_OPTION, printJson, type Verb } from './verb.ts';

export const verify: Verb = {
  usage: 'verify-log [--acknowledge REASON --as PERSON] [--json]',
  what: 'verify the audit trail against its chains and anchors',
  help: `Needs no gateway: reads the database (VAR_DIR or DATABASE_URL), the key file (KEY_FILE) and the anchors
(AUDIT_ANCHOR_DIR). Orders may be taken meanwhile. Names the first broken place, and says what no anchor covers yet.

  --acknowledge REASON  take note that anchors are gone: their files were lost, or the database was restored from a
                        backup. Stands in the audit trail for good, with the person and the reason; name no customers
                        in it. Nothing else that is broken can be acknowledged
  --as PERSON           in whose name; an admin
  --json                the outcome as one JSON document

The exit code is 0 if all holds but what was acknowledged, 1 if something is broken, 2 if it could not be verified.`,
  options: { acknowledge: { type: 'string' }, ...AS_OPTION, ...JSON_OPTION },
  words: 0,
  run: (given) =>
    withLocalStore(async (store, { auditAnchorDir }) => {
      const isJson = given.values['json'] === true;
      if (given.values['acknowledge'] !== undefined) await acknowledgeLosses(given, store, auditAnchorDir);
      const verification = await verifyLog(store, auditAnchorDir, isJson ? undefined : createProgress());
      if (isJson) printJson(verification);
      else console.log(describe(verification, new Date()));
      return verification.broken ? 1 : 0;
    }),
};

/** @throws Misuse if the person may not, nothing is gone, or more is broken than can be acknowledged */
async function acknowledgeLosses(given: Given, store: Store, folder: string): Promise<void> {
  const reason = getText(given, 'acknowledge');
  const person = await findPrincipalByToken(store, given.connection.tokenOf(findText(given, 'as')));
  if (person?.roles.includes('admin') !== true) throw new Misuse('only an admin acknowledges what is gone');
  const found = await findAcknowledgeable(store, folder);
  if ('why' in found)
    throw new Misuse(`more is broken than anchors that are gone, and cannot be acknowledged: ${describePlace(found)}`);
  if (found.length === 0) throw new Misuse('no anchor is gone: there is nothing to acknowledge');
  await acknowledge(store, found, { actor: person.id, at: new Date().toISOString(), reason });
}

const LINE_EACH_MS = 2000;

function createProgress(): Progress {
  let last = Date.now();
  return ({ rows, anchors }) => {
    if (Date.now() - last < LINE_EACH_MS) return;
    last = Date.now();
    console.error(`${anchors} anchors, ${rows} entries …`);
  };
}

function describe({ broken, acknowledged, rows, anchors, window }: Verification, now: Date): string {
  const but = acknowledged.length > 0 ? ', but for what was acknowledged' : '';
  const verdict = broken ? `BROKEN: ${describePlace(broken)}` : `whole${but}: ${rows} entries, ${anchors} anchors`;
  return [verdict, ...acknowledged.map(describeLoss), describeWindow(window, now)].join('\n');
}

function describeLoss({ what, from, to, by, at, reason }: AcknowledgedLoss): string {
  const which = from === to ? `anchor ${from} is gone` : `anchors ${from} to ${to} are gone`;
  const where = what === 'files' ? 'from the files' : 'from the database, with the entries that only they covered';
  return `acknowledged: ${which} ${where}; by ${by} at ${at}: ${reason}; verification by anchors counts again from ${to + 1} on`;
}

function describePlace({ why, subject, sequence, anchor }: BrokenPlace): string {
  const place = [
    ...(anchor === null ? [] : [`anchor ${anchor}`]),
    ...(subject === null ? [] : [subject]),
    ...(sequence === null ? [] : [`entry ${sequence}`]),
  ];
  return [why, ...place].join('  ');
}

function describeWindow({ since, rows }: Verification['window'], now: Date): string {
  if (since === null)
    return `there is no anchor yet: what is at the end of the ${rows} entries could be cut off unnoticed`;
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(since)) / 1000));
  return `the last anchor is of ${since}, ${seconds} s ago; ${rows} entries since then are not covered yet`;
}
