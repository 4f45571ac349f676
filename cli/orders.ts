import './check-node.ts';
import { parseArgs } from 'node:util';
import { explainUnusable } from '../program.ts';
import { NoGateway, Refusal } from './gateway.ts';
import { openConnection } from './orders/connection.ts';
import { approve, cancel, reject, reprocess } from './orders/deciding.ts';
import { Misuse } from './orders/misuse.ts';
import { erase, exportSubject, retention } from './orders/privacy.ts';
import { acknowledge, incident, incidents, recheck } from './orders/incidents.ts';
import { notices, retryNotice } from './orders/notices.ts';
import { list, reviews, show } from './orders/reading.ts';
import { pause, resume } from './orders/sources.ts';
import { rotate } from './orders/rotate-key.ts';
import {
  approveRule,
  exportRules,
  importRules,
  listRules,
  listSimulations,
  simulateRule,
  verifyVerdict,
  withdrawRule,
} from './orders/rules.ts';
import { submit } from './orders/submit.ts';
import { validate } from './orders/validate.ts';
import { verify } from './orders/verify-log.ts';
import type { Verb } from './orders/verb.ts';
import { toPlainText } from './table.ts';

/** The operator's command line. */
const VERBS: Readonly<Record<string, Verb>> = {
  validate, submit, show, list, reviews, incidents, incident, approve, reject, cancel, reprocess, pause, resume,
  export: exportSubject, erase, retention,
  notices, 'notices retry': retryNotice,
  'incident ack': acknowledge, 'incident recheck': recheck,
  'rules list': listRules, 'rules export': exportRules, 'rules import': importRules, 'rules approve': approveRule,
  'rules withdraw': withdrawRule, 'rules simulate': simulateRule, 'rules simulations': listSimulations,
  'rules verify': verifyVerdict,
  'verify-log': verify, 'rotate-key': rotate,
}; // prettier-ignore

const HELP = `npm run orders -- VERB …

${Object.values(VERBS)
  .map(({ usage, what }) => `  ${usage}\n      ${what}`)
  .join('\n')}

  VERB --help tells more.

The gateway is the one at ORDER_STAGING_URL, or the one that runs on var/ (VAR_DIR). Keys and tokens are those in
var/keys/credentials.json; ORDER_STAGING_TOKEN is used instead where it is set.

Exit codes: 0 done, 1 refused, 2 not understood or not reached.`;

const MISUSED = 2;

async function main(typed: readonly string[]): Promise<number> {
  const [name, words] = splitVerb(typed);
  if (name === undefined || name === '--help' || name === 'help') {
    console.log(HELP);
    return name === undefined ? MISUSED : 0;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!verb) throw new Misuse(`there is no verb "${name}"; there are ${Object.keys(VERBS).join(', ')}`);
  const options = { ...verb.options, help: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
  if (values['help'] === true) {
    console.log(`npm run orders -- ${verb.usage}\n\n${verb.what}\n\n${verb.help}`);
    return 0;
  }
  if (positionals.length !== (verb.words ?? positionals.length))
    throw new Misuse(`it is: npm run orders -- ${verb.usage}`);
  return verb.run({ values, positionals, connection: openConnection(process.env) });
}

/** A verb is one word, or two where the first says what it is about. */
function splitVerb([first, second, ...words]: readonly string[]): readonly [string | undefined, readonly string[]] {
  if (first !== undefined && Object.hasOwn(VERBS, `${first} ${second ?? ''}`))
    return [`${first} ${second ?? ''}`, words];
  return [first, second === undefined ? words : [second, ...words]];
}

/** What went wrong, in words; programming errors keep their traces. */
function explain(error: unknown): { readonly words: string; readonly code: number } {
  if (error instanceof Refusal) {
    const findings = (error.problem.findings ?? []).map(({ code, message }) => `  ${code}: ${message}`);
    const errors = (error.problem.errors ?? []).map(({ pointer, detail }) => `  ${pointer}: ${detail}`);
    return { words: [error.message, ...findings, ...errors].map(toPlainText).join('\n'), code: 1 };
  }
  if (error instanceof NoGateway) return { words: `${error.message}; npm start starts one`, code: MISUSED };
  if (error instanceof Misuse || isArgumentError(error)) return { words: error.message, code: MISUSED };
  const words = explainUnusable(error);
  if (words === undefined) throw error;
  return { words, code: MISUSED };
}

/** What `parseArgs` says of an option that there is not. */
function isArgumentError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { words, code } = explain(error);
  console.error(words);
  process.exitCode = code;
}
