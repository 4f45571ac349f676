import { writeFileSync } from 'node:fs';
import type { z } from 'zod';
import type { shapes } from '../../api/views.ts';
import { printTable } from '../table.ts';
import { Misuse } from './misuse.ts';
import {
  ADMINISTRATOR,
  AS_OPTION,
  findText,
  getText,
  type Given,
  JSON_OPTION,
  printAnswer,
  printJson,
  tokenToAdminister,
  type Verb,
} from './verb.ts';

const SUBJECT_OPTIONS = {
  customer: { type: 'string' }, email: { type: 'string' }, phone: { type: 'string' }, reason: { type: 'string' },
} as const; // prettier-ignore
const SUBJECT_HELP = `  --customer ID   all orders of a customer
  --email TEXT    all orders in which an e-mail address stands
  --phone TEXT    all orders with a contact's phone number, with the code of the country
  --reason TEXT   why; kept sealed with the request
  --as PERSON     in whose name; ${ADMINISTRATOR} without`;

export const exportSubject: Verb = {
  usage: 'export --customer ID|--email TEXT|--phone TEXT --reason TEXT [--out FILE]',
  what: 'everything that is kept of a customer or a person, as JSON',
  help: `${SUBJECT_HELP}
  --out FILE      write it there, readable by you only, instead of printing it`,
  options: { ...SUBJECT_OPTIONS, out: { type: 'string' }, ...AS_OPTION },
  words: 0,
  run: async (given) => {
    const exported = await send<{ readonly orders: readonly unknown[] }>(given, 'export');
    const out = findText(given, 'out');
    if (out === undefined) printJson(exported);
    else {
      writeFileSync(out, `${JSON.stringify(exported, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
      console.log(`${exported.orders.length} orders are in ${out}`);
    }
    return 0;
  },
};

export const erase: Verb = {
  usage: 'erase --customer ID|--email TEXT|--phone TEXT --reason TEXT --yes',
  what: 'make all orders of a customer or a person unreadable for good',
  help: `${SUBJECT_HELP}
  --yes           yes, for good: there is no way back
  --json          the report as the API answers

Orders that are not over are left alone and listed; the exit code is then 1.`,
  options: { ...SUBJECT_OPTIONS, yes: { type: 'boolean' }, ...AS_OPTION, ...JSON_OPTION },
  words: 0,
  run: async (given) => {
    if (given.values['yes'] !== true) throw new Misuse('nothing was erased: there is no way back, so say --yes');
    const report = await send<Erasure>(given, 'erase');
    printAnswer(given, report, printErasure);
    return report.blocked.length > 0 ? 1 : 0;
  },
};

export const retention: Verb = {
  usage: 'retention [--dry-run]',
  what: 'remove what is past its retention now instead of at night, or only tell what would go',
  help: `  --dry-run    only tell, state by state
  --as PERSON  in whose name; ${ADMINISTRATOR} without
  --json       as the API answers`,
  options: { 'dry-run': { type: 'boolean' }, ...AS_OPTION, ...JSON_OPTION },
  words: 0,
  run: async (given) => {
    const { gateway } = given.connection;
    const token = tokenToAdminister(given);
    const expiring = await gateway.get<Retention>('/v1/privacy/retention', token);
    const isDryRun = given.values['dry-run'] === true;
    const started = isDryRun ? {} : await gateway.send<object>('POST', '/v1/privacy/retention', token, {});
    const became = isDryRun ? 'nothing was removed' : 'they are being removed';
    printAnswer(given, { ...expiring, ...started }, () => `${printExpiring(expiring)}\n${became}`);
    return 0;
  },
};

type Erasure = z.infer<typeof shapes.Erasure>;
type Retention = z.infer<typeof shapes.Retention>;

function send<T>(given: Given, action: 'export' | 'erase'): Promise<T> {
  const { gateway } = given.connection;
  const [customerId, email, phone] = ['customer', 'email', 'phone'].map((name) => findText(given, name));
  const named = [customerId, email, phone].filter((one) => one !== undefined);
  if (named.length !== 1) throw new Misuse('say one of --customer, --email and --phone');
  const token = tokenToAdminister(given);
  return gateway.send('POST', `/v1/privacy/${action}`, token, {
    customerId,
    email,
    phone,
    reason: getText(given, 'reason'),
  });
}

function printErasure({ requestId, erased, blocked, documents, wiped }: Erasure): string {
  const lines = [
    `request ${requestId}: ${erased.length} orders and ${documents.length} documents can never be read again`,
    ...(wiped ? [] : ['the files of the database were not cleaned of what was deleted; see docs/privacy.md']),
  ];
  if (blocked.length === 0) return lines.join('\n');
  const rows = blocked.map(({ orderId, state }) => [orderId, state]);
  return [
    ...lines,
    `${blocked.length} orders are not over and were left alone; cancel or decide them, and erase again:`,
    printTable(['order', 'state'], rows),
  ].join('\n');
}

function printExpiring({ items }: Retention): string {
  const rows = items.map(({ state, days, count, oldest }) => [state, String(days), String(count), oldest ?? '']);
  return printTable(['state', 'days', 'past them', 'oldest is over since'], rows, [1, 2]);
}
