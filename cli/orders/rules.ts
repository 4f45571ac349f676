import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import type { ruleStep } from '../../api/routes/rule-files.ts';
import type { simulationPage, simulationView } from '../../api/routes/simulations.ts';
import type { redrawnView } from '../../api/routes/verdict-again.ts';
import type { ruleView } from '../../api/rule-views.ts';
import { printTable } from '../table.ts';
import { resolveOrder } from './connection.ts';
import { Misuse } from './misuse.ts';
import {
  ADMINISTRATOR,
  AS_OPTION,
  findNumber,
  findText,
  type Given,
  getText,
  getWord,
  JSON_OPTION,
  printAnswer,
  tokenToAdminister,
  toQuery,
  type Verb,
} from './verb.ts';

type Rule = z.infer<typeof ruleView>;
type ImportStep = z.infer<typeof ruleStep>;
type Simulation = z.infer<typeof simulationView>;
type Redrawn = z.infer<typeof redrawnView>;
type SimulationPage = z.infer<typeof simulationPage>;

const LOOK_AGAIN_MS = 1000;

export const listRules: Verb = {
  usage: 'rules list [--code CODE] [--status draft|approved|retired]',
  what: 'versions of rules: those in force, or those that are asked for',
  help: `  --code CODE      all versions of one rule
  --status STATUS  draft: what waits for a second person
  --as PERSON      in whose name; ${ADMINISTRATOR} without
  --json           as the API answers`,
  options: { code: { type: 'string' }, status: { type: 'string' }, ...AS_OPTION, ...JSON_OPTION },
  words: 0,
  run: async (given) => {
    const [code, status] = [findText(given, 'code'), findText(given, 'status')];
    const { items } = await given.connection.gateway.get<{ items: Rule[] }>(
      `/v1/rules?${toQuery({ code, status })}`,
      tokenToAdminister(given),
    );
    const asked = items.filter(({ inForce }) => inForce || code !== undefined || status !== undefined);
    printAnswer(given, { items: asked }, () => printRules(asked));
    return 0;
  },
};

function printRules(rules: readonly Rule[]): string {
  const rows = rules.map((rule) => [
    rule.code,
    String(rule.version),
    rule.inForce ? 'in force' : rule.status,
    describeScope(rule.scope),
    rule.disposition,
    rule.author,
    rule.approvedBy ?? '',
    JSON.stringify(rule.parameters),
  ]);
  return printTable(['code', 'version', 'status', 'for', 'does', 'by', 'approved by', 'parameters'], rows, [1]);
}

function describeScope(scope: Rule['scope']): string {
  switch (scope.kind) {
    case 'all':
      return 'all';
    case 'source':
      return `source ${scope.source}`;
    case 'customerGroup':
      return `group ${scope.group}`;
    case 'customer':
      return `customer ${scope.customer}`;
  }
}

export const exportRules: Verb = {
  usage: 'rules export FILE',
  what: 'write the rules into a JSON file, for review in version control',
  help: `FILE is written anew. The same rules make the same file; versions and names are not in it.

  --as PERSON  in whose name; ${ADMINISTRATOR} without`,
  options: AS_OPTION,
  words: 1,
  run: async (given) => {
    const file = getWord(given, 0);
    const { rules } = await given.connection.gateway.get<{ rules: unknown[] }>(
      '/v1/rules/export',
      tokenToAdminister(given),
    );
    writeFileSync(file, `${JSON.stringify({ rules }, null, 2)}\n`);
    console.log(`${rules.length} rules are in ${file}`);
    return 0;
  },
};

export const importRules: Verb = {
  usage: 'rules import FILE [--dry-run]',
  what: 'bring the rules of a JSON file in, as new versions where they differ',
  help: `All of them or none. What is there already stays, and so does what the file does not name. Rules that guard money wait
for a second person.

  --dry-run    only tell what would change
  --as PERSON  in whose name; ${ADMINISTRATOR} without
  --json       as the API answers`,
  options: { 'dry-run': { type: 'boolean' }, ...AS_OPTION, ...JSON_OPTION },
  words: 1,
  run: async (given) => {
    const isDryRun = given.values['dry-run'] === true;
    const path = `/v1/rules/import?dryRun=${String(isDryRun)}`;
    const file = readJson(getWord(given, 0));
    const { gateway } = given.connection;
    const { items } = await gateway.send<{ items: ImportStep[] }>('POST', path, tokenToAdminister(given), file);
    printAnswer(given, { items }, () => printImport(items, isDryRun));
    return 0;
  },
};

/** @throws Misuse if the file is not there, or no JSON. */
function readJson(file: string): unknown {
  if (!existsSync(file)) throw new Misuse(`there is no file ${file}`);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    throw new Misuse(`${file} is no JSON`);
  }
}

function printImport(items: readonly ImportStep[], isDryRun: boolean): string {
  const lines = items
    .filter(({ action }) => action !== 'unchanged')
    .flatMap(({ code, scope, action, version, needsApproval, differences }) => [
      `${action}  ${code} for ${describeScope(scope)}${version === null ? '' : `, version ${version}`}${needsApproval ? ', waits for approval' : ''}`,
      ...differences.map(({ pointer, before, after }) => `  ${pointer}: ${print(before)} -> ${print(after)}`),
    ]);
  const unchanged = items.filter(({ action }) => action === 'unchanged').length;
  return [...lines, `${unchanged} unchanged${isDryRun ? '; nothing was brought in' : ''}`].join('\n');
}

function print(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

export const approveRule: Verb = {
  usage: 'rules approve CODE --version N --reason TEXT --as PERSON',
  what: 'let a draft of somebody else count',
  help: `  --version N    the version that you looked at
  --reason TEXT  why; kept with the version
  --as PERSON    in whose name: not that of its author`,
  options: { version: { type: 'string' }, reason: { type: 'string' }, ...AS_OPTION },
  words: 1,
  run: async (given) => {
    const { code, version, effectiveFrom, inForce } = await decideOnDraft(given, 'approve');
    console.log(`${code} version ${version} ${inForce ? 'is in force' : `counts from ${effectiveFrom} on`}`);
    return 0;
  },
};

export const withdrawRule: Verb = {
  usage: 'rules withdraw CODE --version N --reason TEXT --as PERSON',
  what: 'take a draft back, of your own or of somebody else',
  help: `  --version N    the version that you looked at
  --reason TEXT  why; kept with the version
  --as PERSON    in whose name

The version never counts; what is in force stays. Write a new version to try again.`,
  options: { version: { type: 'string' }, reason: { type: 'string' }, ...AS_OPTION },
  words: 1,
  run: async (given) => {
    const { code, version } = await decideOnDraft(given, 'withdraw');
    console.log(`${code} version ${version} is withdrawn`);
    return 0;
  },
};

/** @throws Misuse if the version or the reason was left out */
function decideOnDraft(given: Given, verb: 'approve' | 'withdraw'): Promise<Rule> {
  const { gateway, tokenOf } = given.connection;
  const version = findNumber(given, 'version');
  if (version === undefined) throw new Misuse('--version is needed: say which one you looked at');
  const body = { version, reason: getText(given, 'reason') };
  const path = `/v1/rules/${encodeURIComponent(getWord(given, 0))}/${verb}`;
  return gateway.send<Rule>('POST', path, tokenOf(findText(given, 'as')), body);
}

export const simulateRule: Verb = {
  usage: 'rules simulate CODE [--version N|--file FILE] [--days N]',
  what: 'try a draft of a rule on the orders of the last days: who would flip, worth how much',
  help: `  --version N  this version; the newest draft without
  --file FILE  a rule that is not kept yet, as JSON
  --days N     orders received in so many last days; 30 without
  --as PERSON  in whose name; ${ADMINISTRATOR} without
  --json       as the API answers, with the first orders that would flip

Nothing is written to the orders, and nobody is told.`,
  options: {
    version: { type: 'string' },
    file: { type: 'string' },
    days: { type: 'string' },
    ...AS_OPTION,
    ...JSON_OPTION,
  },
  words: 1,
  run: async (given) => {
    const simulation = await simulate(given);
    printAnswer(given, simulation, printSimulation);
    return simulation.state === 'ended' ? 0 : 1;
  },
};

export const verifyVerdict: Verb = {
  usage: 'rules verify ORDER [--revision N]',
  what: 'draw the verdict on an order again from what was kept, and compare',
  help: `  --revision N  this revision; the present one without
  --as PERSON   in whose name; ${ADMINISTRATOR} without
  --json        as the API answers

Exit code 1 where it is another: what was kept was changed, or the program judges otherwise by now.`,
  options: { revision: { type: 'string' }, ...AS_OPTION, ...JSON_OPTION },
  words: 1,
  run: async (given) => {
    const revision = findNumber(given, 'revision');
    const query = revision === undefined ? '' : `?revision=${revision}`;
    const token = tokenToAdminister(given);
    const id = await resolveOrder(given.connection, token, getWord(given, 0));
    const redrawn = await given.connection.gateway.get<Redrawn>(`/v1/orders/${id}/verdict/again${query}`, token);
    printAnswer(given, redrawn, printRedrawn);
    return redrawn.same ? 0 : 1;
  },
};

function printRedrawn({ orderId, revision, judgements }: Redrawn): string {
  return judgements
    .flatMap(({ judgedAt, rules, differences }) => [
      `${orderId} revision ${revision}, judged ${judgedAt} by ${rules} rules: ${differences.length === 0 ? 'the same again' : 'NOT the same'}`,
      ...differences.map(
        ({ code, kept, again, members }) =>
          `  ${code}: ${kept ?? 'did not run'} -> ${again ?? 'does not run'}${members.length === 0 ? '' : ` (${members.join(', ')})`}`,
      ),
    ])
    .join('\n');
}

export const listSimulations: Verb = {
  usage: 'rules simulations [--code CODE] [--state running|ended|failed]',
  what: 'what was tried on past orders, newest first',
  help: `  --code CODE    of one rule
  --state STATE  running, ended or failed
  --limit N      so many; 50 without
  --as PERSON    in whose name; ${ADMINISTRATOR} without
  --json         as the API answers`,
  options: {
    code: { type: 'string' },
    state: { type: 'string' },
    limit: { type: 'string' },
    ...AS_OPTION,
    ...JSON_OPTION,
  },
  words: 0,
  run: async (given) => {
    const asked = {
      code: findText(given, 'code'),
      state: findText(given, 'state'),
      limit: String(findNumber(given, 'limit') ?? 50),
    };
    const path = `/v1/simulations?${toQuery(asked)}`;
    const page = await given.connection.gateway.get<SimulationPage>(path, tokenToAdminister(given));
    printAnswer(given, page, printSimulations);
    return 0;
  },
};

function printSimulations({ items, nextCursor }: SimulationPage): string {
  const rows = items.map((one) => [
    one.simulationId,
    one.code,
    one.version === null ? 'file' : String(one.version),
    one.state,
    one.startedBy,
    one.createdAt,
    `${countLooked(one)} of ${one.orders}`,
    String(one.flips.reduce((sum, { orders }) => sum + orders, 0)),
  ]);
  const table = printTable(['simulation', 'rule', 'version', 'state', 'by', 'begun', 'orders', 'would flip'], rows, [6, 7]); // prettier-ignore
  return nextCursor === null ? table : `${table}\n\nThere are more: --limit takes up to 200`;
}

async function simulate(given: Given): Promise<Simulation> {
  const { gateway } = given.connection;
  const token = tokenToAdminister(given);
  const file = findText(given, 'file');
  const [version, days] = [findNumber(given, 'version'), findNumber(given, 'days')];
  const body = { version, days, rule: file === undefined ? undefined : readJson(file) };
  const path = `/v1/rules/${encodeURIComponent(getWord(given, 0))}/simulate`;
  let simulation = await gateway.send<Simulation>('POST', path, token, body);
  while (simulation.state === 'running') {
    await pause(LOOK_AGAIN_MS);
    simulation = await gateway.get<Simulation>(simulation.links.self, token);
    console.error(`${countLooked(simulation)} of ${simulation.orders} orders …`);
  }
  return simulation;
}

function countLooked({
  judged,
  notJudged: { gone, neverJudged, damaged },
}: Pick<Simulation, 'judged' | 'notJudged'>): number {
  return judged + gone + neverJudged + damaged;
}

function printSimulation(simulation: Simulation): string {
  const { code, version, state, judged, notJudged, flips, otherFindings, items, nextCursor } = simulation;
  const { gone, neverJudged, damaged } = notJudged;
  const what = `${code} ${version === null ? 'as in the file' : `version ${version}`}`;
  const directions = flips.map(({ before, after, orders, worth }) => [
    `${before} -> ${after}`,
    String(orders),
    worth.map(({ currency, amount }) => `${amount} ${currency}`).join(', '),
  ]);
  const orders = items.map((item) => [item.orderId, `${item.before} -> ${item.after}`, item.total, item.currency]);
  const tables =
    flips.length === 0
      ? ['no order would flip']
      : [printTable(['direction', 'orders', 'worth'], directions, [1]), '', printTable(['order', 'direction', 'total', ''], orders, [2])]; // prettier-ignore
  return [
    `${what}: ${judged} orders judged${state === 'failed' ? ' until it was given up' : ''}; not judged: ${gone} without content, ${neverJudged} that never came so far, ${damaged} damaged`,
    ...tables,
    ...(nextCursor === null ? [] : [`There are more: GET ${simulation.links.self}`]),
    `${otherFindings} orders would stay as they are for other findings`,
  ].join('\n');
}
