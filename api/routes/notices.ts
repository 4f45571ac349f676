import { z } from 'zod';
import { findNotice, type NoticeFilter, retryNotice, retryNotices, searchNotices } from '../../db/notice-search.ts';
import { HOUSE, isForHouse } from '../../db/notices.ts';
import type { OutboxSummary } from '../../db/outbox.ts';
import { EVERY_ROLE } from '../access.ts';
import { cutPage, readCursor } from '../cursor.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { cursorParameter, pageSizeParameter } from '../parameters.ts';
import { Problem } from '../problem.ts';
import { logReading } from '../reading-log.ts';
import { problemAnswer, shapes, toAcknowledgment } from '../views.ts';

const id = z.string().regex(/^[0-9a-f-]{36}$/);
const { channel, state } = shapes.Acknowledgment.shape;

/** A message that goes out, and how far it is. */
export const noticeView = shapes.Acknowledgment.extend({
  source: z.string().nullable().describe('null: it concerns no source'),
  to: z.enum(['source', 'operations']).describe('Who is told'),
  about: z.object({ kind: z.enum(['order', 'document', 'incident']), id: z.string() }),
  nextAttemptAt: z.iso.datetime().nullable().describe('When it is tried again'),
  links: z.object({ about: z.string() }),
});

/** One page of messages. */
export const noticePage = z.object({ items: z.array(noticeView), nextCursor: z.string().nullable() });

const searchQuery = z.strictObject({
  source: z.string().max(60).optional(),
  state: state.optional(),
  channel: channel.optional(),
  kind: z.string().max(60).optional().describe('Such as `order.rejected` or `997`'),
  order: id.optional().describe('Only those about this order'),
  document: id.optional().describe('Only those about this document'),
  cursor: cursorParameter,
  limit: pageSizeParameter,
});

const retryBody = z
  .strictObject({
    source: z.string().max(60).optional(),
    destination: z.string().max(100).optional().describe('As logs name it, such as `web-shop:webhook`'),
    state: z.literal('failed').optional().describe('Nothing else can be sent again'),
  })
  .refine(
    ({ source, destination }) => source !== undefined || destination !== undefined,
    'name a source or a destination',
  );

/** How many messages go out again. */
export const retriedView = z.object({ notices: z.int() });

/** What goes out to sources and to our own people. */
export const noticeOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/notices',
    id: 'listNotices',
    tag: 'Notices',
    summary: 'Notices and acknowledgments, newest first, with how far they are',
    description: 'Without their content. The look is noted in the audit trail of the person.',
    access: { roles: EVERY_ROLE, sources: false },
    query: searchQuery,
    answers: { 200: { description: 'One page', schema: noticePage } },
    handle: list,
  }),
  operation({
    method: 'post',
    path: '/v1/notices/retry',
    id: 'retryNotices',
    tag: 'Notices',
    summary: 'Let all that was given up for a source or a destination go out again',
    description:
      'As far as the caller may see it. Each begins with its first attempt, also where the destination had said that it wants nothing any more.',
    access: { roles: ['operator', 'supervisor', 'admin'], sources: false },
    body: retryBody,
    answers: { 200: { description: 'They go out one after the other', schema: retriedView } },
    handle: async ({ deps, caller, body: { source, destination } }) => {
      const filter = { ...(source !== undefined && { source }), ...(destination !== undefined && { destination }) };
      const notices = await retryNotices(deps.store, caller, filter, deps.now().toISOString());
      return { status: 200, body: { notices } };
    },
  }),
  operation({
    method: 'post',
    path: '/v1/notices/{id}/retry',
    id: 'retryNotice',
    tag: 'Notices',
    summary: 'Let a notice that was given up go out again',
    description:
      'It begins with its first attempt, also where the destination had said that it wants nothing any more.',
    access: { roles: ['operator', 'supervisor', 'admin'], sources: false },
    params: z.object({ id: z.string() }),
    answers: {
      200: { description: 'It goes out within seconds', schema: noticeView },
      409: problemAnswer('It was not given up'),
    },
    handle: retry,
  }),
];

async function list({ deps, caller, query }: Call<undefined, z.output<typeof searchQuery>, undefined>): Promise<Reply> {
  const { cursor, limit, order, document, ...asked } = query;
  if (order !== undefined && document !== undefined)
    throw new Problem('invalid-request', 'ask for an order or for a document');
  const filter = {
    ...asked,
    ...(order !== undefined && { subject: `order:${order}` }),
    ...(document !== undefined && { subject: `document:${document}` }),
  } as NoticeFilter;
  const [beforeId] = cursor === undefined ? [] : readCursor(cursor, 1);
  const page = { size: limit + 1, ...(beforeId !== undefined && { beforeId }) };
  const rows = await searchNotices(deps.store, caller, filter, page);
  const { shown, nextCursor } = cutPage(rows, limit, (row) => [row.id]);
  await logReading(deps, caller, `actor:${caller.id}`, 'notices.listed', { ...filter, rows: shown.length });
  return { status: 200, body: { items: shown.map(toNotice), nextCursor } };
}

async function retry({ deps, caller, params }: Call<{ id: string }, undefined, undefined>): Promise<Reply> {
  const find = () => findNotice(deps.store, caller, params.id);
  const row = await find();
  if (!row) throw new Problem('not-found', 'there is no such notice');
  if (!(await retryNotice(deps.store, row, { actor: caller.id, at: deps.now().toISOString() })))
    throw new Problem('not-given-up', `a notice that is ${row.state} cannot be sent again`);
  return { status: 200, body: toNotice((await find()) ?? row) };
}

function toNotice(row: OutboxSummary): z.infer<typeof noticeView> {
  const [kind, aboutId = ''] = row.subject.split(':', 2) as ['order' | 'document' | 'incident', string?];
  return {
    ...toAcknowledgment(row),
    source: row.source === HOUSE ? null : row.source,
    to: row.source === HOUSE || isForHouse(row) ? 'operations' : 'source',
    about: { kind, id: aboutId },
    nextAttemptAt: row.state === 'pending' ? row.next_attempt_at : null,
    links: { about: `/v1/${kind}s/${aboutId}` },
  };
}
