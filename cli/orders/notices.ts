import type { z } from 'zod';
import type { noticePage, noticeView } from '../../api/routes/notices.ts';
import { printTable } from '../table.ts';
import { resolveOrder } from './connection.ts';
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
  usage: 'notices retry NOTICE',
  what: 'let a notice that was given up go out again',
  help: `  --json       as the API answers
  --as PERSON  in whose name; ${OPERATOR} without`,
  options: { ...JSON_OPTION, ...AS_OPTION },
  words: 1,
  run: async (given) => {
    const path = `/v1/notices/${encodeURIComponent(getWord(given, 0))}/retry`;
    const notice = await given.connection.gateway.send<Notice>('POST', path, tokenOf(given), {});
    if (given.values['json'] === true) printJson(notice);
    else console.log(`${notice.kind} goes out again within seconds`);
    return 0;
  },
};
