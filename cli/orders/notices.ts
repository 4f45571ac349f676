import type { z } from 'zod';
import type { noticePage, noticeView, retriedView } from '../../api/routes/notices.ts';
import { printTable } from '../table.ts';
import { resolveOrder } from './connection.ts';
import { Misuse } from './misuse.ts';
import { AS_OPTION, findNumber, findText, type Given, getWord, JSON_OPTION, printJson, type Verb } from './verb.ts';

type Page = z.infer<typeof noticePage>;
type Notice = z.infer<typeof noticeView>;

/** Who looks and acts, unless it is said otherwise. */
const OPERATOR = 'olivia';

const tokenOf = (given: Given): string => given.connection.tokenOf(findText(given, 'as'), OPERATOR);

/** What the search takes as it is typed. */
const FILTERS = ['state', 'channel', 'source', 'kind'] as const;

export const notices: Verb = {
  usage: 'notices [--state STATE] [--source SOURCE] [--order ORDER]',
  what: 'what goes out to sources and to your own people, newest first, and how far it is',
  help: `  --state STATE      pending, delivered, available, dropped or failed
  --channel CHANNEL  read, file, webhook or mail
  --source SOURCE    only those of one source
  --kind KIND        such as order.rejected or 997
  --order ORDER      only those about an order, by its id or PO number
  --limit N          at most so many; 50 without
  --json             as the API answers
  --as PERSON        in whose name; ${OPERATOR} without`,
  options: {
    ...{ state: { type: 'string' }, channel: { type: 'string' }, source: { type: 'string' }, kind: { type: 'string' } },
    ...{ order: { type: 'string' }, limit: { type: 'string' } },
    ...JSON_OPTION,
    ...AS_OPTION,
  },
  words: 0,
  run: async (given) => {
    const token = tokenOf(given);
    const query = new URLSearchParams({ limit: String(findNumber(given, 'limit') ?? 50) });
    for (const name of FILTERS) {
      const value = findText(given, name);
      if (value !== undefined) query.set(name, value);
    }
    const order = findText(given, 'order');
    if (order !== undefined) query.set('order', await resolveOrder(given.connection, token, order));
    const page = await given.connection.gateway.get<Page>(`/v1/notices?${query.toString()}`, token);
    if (given.values['json'] === true) printJson(page);
    else console.log(printNotices(page));
    return 0;
  },
};

function printNotices({ items, nextCursor }: Page): string {
  const rows = items.map((item) => [
    item.createdAt.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length).replace('T', ' '),
    item.kind,
    item.to === 'operations' ? 'operations' : (item.source ?? ''),
    item.channel,
    item.state,
    String(item.attempts),
    item.lastFailure ?? '',
    item.about.id,
    item.id,
  ]);
  const header = ['written (UTC)', 'kind', 'to', 'by', 'state', 'tries', 'last failure', 'about', 'notice'];
  return printTable(header, rows, [5]) + (nextCursor === null ? '' : '\nThere are more; --limit shows them.');
}

export const retryNotice: Verb = {
  usage: 'notices retry NOTICE | --source SOURCE | --destination DESTINATION',
  what: 'let a notice that was given up go out again, or all of a source or a destination',
  help: `  --source SOURCE            all of one source
  --destination DESTINATION  all for one destination, such as web-shop:webhook
  --json                     as the API answers
  --as PERSON                in whose name; ${OPERATOR} without`,
  options: { source: { type: 'string' }, destination: { type: 'string' }, ...JSON_OPTION, ...AS_OPTION },
  run: async (given) => {
    const [source, destination] = [findText(given, 'source'), findText(given, 'destination')];
    const isOfMany = source !== undefined || destination !== undefined;
    if (given.positionals.length !== (isOfMany ? 0 : 1))
      throw new Misuse('name one notice, or a source or a destination');
    if (isOfMany) return retryMany(given, { source, destination });
    const path = `/v1/notices/${encodeURIComponent(getWord(given, 0))}/retry`;
    const notice = await given.connection.gateway.send<Notice>('POST', path, tokenOf(given), {});
    if (given.values['json'] === true) printJson(notice);
    else console.log(`${notice.kind} goes out again within seconds`);
    return 0;
  },
};

async function retryMany(given: Given, filter: Readonly<Record<'source' | 'destination', string | undefined>>) {
  const body = { ...filter, state: 'failed' };
  const retried = await given.connection.gateway.send<z.infer<typeof retriedView>>('POST', '/v1/notices/retry', tokenOf(given), body); // prettier-ignore
  if (given.values['json'] === true) printJson(retried);
  else console.log(`${String(retried.notices)} ${retried.notices === 1 ? 'notice goes' : 'notices go'} out again`);
  return 0;
}
