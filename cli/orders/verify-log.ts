import { type BrokenPlace, type Progress, type Verification, verifyLog } from '../../db/verify-log.ts';
import { withLocalStore } from './local-store.ts';
import { JSON_OPTION, printJson, type Verb } from './verb.ts';

export const verify: Verb = {
  usage: 'verify-log [--json]',
  what: 'verify the audit trail against its chains and anchors',
  help: `Needs no gateway: reads the database (VAR_DIR or DATABASE_URL), the key file (KEY_FILE) and the anchors
(AUDIT_ANCHOR_DIR). Orders may be taken meanwhile. Names the first broken place, and says what no anchor covers yet.

  --json  the outcome as one JSON document

The exit code is 0 if all holds, 1 if something is broken, 2 if it could not be verified.`,
  options: JSON_OPTION,
  words: 0,
  run: ({ values }) =>
    withLocalStore(async (store, { auditAnchorDir }) => {
      const isJson = values['json'] === true;
      const verification = await verifyLog(store, auditAnchorDir, isJson ? undefined : createProgress());
      if (isJson) printJson(verification);
      else console.log(describe(verification, new Date()));
      return verification.broken ? 1 : 0;
    }),
};

const LINE_EACH_MS = 2000;

function createProgress(): Progress {
  let last = Date.now();
  return ({ rows, anchors }) => {
    if (Date.now() - last < LINE_EACH_MS) return;
    last = Date.now();
    console.error(`${anchors} anchors, ${rows} entries …`);
  };
}

function describe({ broken, rows, anchors, window }: Verification, now: Date): string {
  const verdict = broken ? `BROKEN: ${describePlace(broken)}` : `whole: ${rows} entries, ${anchors} anchors`;
  return `${verdict}\n${describeWindow(window, now)}`;
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
