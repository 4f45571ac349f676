import { Readable } from 'node:stream';
import { v4 as uuidv4 } from 'uuid';
import { z } from 'zod';
import {
  type DataSubject,
  eraseSubject,
  findSubjectName,
  listPrivacyRequests,
  type PrivacyRequest,
} from '../../db/privacy.ts';
import { exportSubject, type Export } from '../../db/privacy-export.ts';
import { listExpiring } from '../../db/retention.ts';
import { maskCardNumbers } from '../../orders/cards.ts';
import { cutPage, readCursor } from '../cursor.ts';
import { startRetention, webUiLink } from '../engine.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { cursorParameter, pageSizeParameter, reasonMember } from '../parameters.ts';
import { Problem } from '../problem.ts';
import { logReading } from '../reading-log.ts';
import { shapes } from '../views.ts';

const ADMINS = { roles: ['admin'], sources: false } as const;
const OVERSEERS = { roles: ['admin', 'auditor'], sources: false } as const;

const subjectBody = z
  .strictObject({
    customerId: z.string().trim().min(1).max(60).optional(),
    email: z.string().max(254).optional(),
    phone: z.string().max(40).optional().describe('With the code of the country; ten digits alone are North American'),
    reason: reasonMember.describe('Why; kept sealed with the request'),
  })
  .refine(
    ({ customerId, email, phone }) => [customerId, email, phone].filter((one) => one !== undefined).length === 1,
    {
      error: 'name exactly one of customerId, email and phone',
    },
  );
type SubjectBody = z.output<typeof subjectBody>;

const pageQuery = z.strictObject({ cursor: cursorParameter, limit: pageSizeParameter });

/** What people may ask of us about their own data, and how long it is kept. */
export const privacyOperations: readonly Operation[] = [
  operation({
    method: 'post',
    path: '/v1/privacy/export',
    id: 'exportSubject',
    tag: 'Privacy',
    summary: 'Everything that is kept of a customer or a person, as one JSON document',
    description:
      'By customer number, or by an e-mail address or phone number in an order. The members are `requestId`, `exportedAt`, ' +
      '`subject` and `orders`, each order with its document, revisions, findings, facts, how each rule came to its verdict, decisions, notices and ' +
      'audit trail. It is sent as it is read. Noted in the audit trail of the person who asks and of each order.',
    access: ADMINS,
    body: subjectBody,
    answers: { 200: { description: 'The document', contentType: 'application/json' } },
    handle: async (call) => {
      const request = toRequest(call);
      const found = await exportSubject(call.deps.store, request);
      const headers = { 'Content-Disposition': `attachment; filename="export-${found.requestId}.json"` };
      return { status: 200, body: Readable.from(printExport(request, found)), headers };
    },
  }),
  operation({
    method: 'post',
    path: '/v1/privacy/erase',
    id: 'eraseSubject',
    tag: 'Privacy',
    summary: 'Make all orders of a customer or a person unreadable for good',
    description:
      'Erases the data keys of the orders that are over. Orders that are not over are left alone and reported. States, amounts, ' +
      'production order numbers and the audit trail stay. There is no way back.',
    access: ADMINS,
    body: subjectBody,
    answers: { 200: { description: 'What was done', schema: shapes.Erasure } },
    handle: async (call) => ({ status: 200, body: await eraseSubject(call.deps.store, toRequest(call)) }),
  }),
  operation({
    method: 'get',
    path: '/v1/privacy/requests',
    id: 'listPrivacyRequests',
    tag: 'Privacy',
    summary: 'What was exported and erased, newest first',
    access: OVERSEERS,
    query: pageQuery,
    answers: { 200: { description: 'One page', schema: shapes.PrivacyRequestPage } },
    handle: list,
  }),
  operation({
    method: 'get',
    path: '/v1/privacy/retention',
    id: 'previewRetention',
    tag: 'Privacy',
    summary: 'What is past its retention and would go now; a dry run',
    access: OVERSEERS,
    answers: { 200: { description: 'State by state', schema: shapes.Retention } },
    handle: async ({ deps: { store, settings, now } }) => ({
      status: 200,
      body: { items: await listExpiring(store, settings.retention, now()) },
    }),
  }),
  operation({
    method: 'post',
    path: '/v1/privacy/retention',
    id: 'runRetention',
    tag: 'Privacy',
    summary: 'Remove what is past its retention now instead of at night',
    access: ADMINS,
    answers: { 202: { description: 'Started', schema: shapes.BatchStarted } },
    handle: async ({ deps, caller }) => {
      const workflowId = `retention:manual:${uuidv4()}`;
      if (!(await startRetention(deps, workflowId, caller.id)))
        throw new Problem(
          'engine-unavailable',
          'the retention could not be started; the nightly one will come',
          {},
          RETRY,
        );
      const temporal = webUiLink(deps, workflowId);
      return { status: 202, body: { workflowId, links: temporal === undefined ? {} : { temporal } } };
    },
  }),
];

const RETRY = { 'Retry-After': '30' };

/** @throws Problem if the e-mail address or phone number is none. */
function toRequest({ deps, caller, body }: Call<undefined, undefined, SubjectBody>): PrivacyRequest {
  const subject = toSubject(body);
  if (findSubjectName(deps.store, subject) === undefined)
    throw new Problem(
      'invalid-request',
      `this is not ${subject.kind === 'email' ? 'an e-mail address' : 'a phone number'}`,
    );
  const reason = maskCardNumbers(body.reason).text;
  return { principal: caller, subject, reason, at: deps.now().toISOString() };
}

function toSubject({ customerId, email, phone }: SubjectBody): DataSubject {
  if (customerId !== undefined) return { kind: 'customer', value: customerId };
  return email === undefined ? { kind: 'phone', value: phone ?? '' } : { kind: 'email', value: email };
}

/** One JSON document, an order at a time: a customer may have more than fits into memory. */
async function* printExport({ subject, at }: PrivacyRequest, { requestId, read }: Export): AsyncGenerator<string> {
  const head = JSON.stringify({ requestId, exportedAt: at, subject });
  yield `${head.slice(0, -1)},"orders":[`;
  let separator = '\n';
  for await (const order of read()) {
    yield separator + JSON.stringify(order);
    separator = ',\n';
  }
  yield '\n]}\n';
}

async function list({ deps, caller, query }: Call<undefined, z.output<typeof pageQuery>, undefined>): Promise<Reply> {
  const { cursor, limit } = query;
  const [beforeId] = cursor === undefined ? [] : readCursor(cursor, 1);
  const rows = await listPrivacyRequests(deps.store, { ...(beforeId !== undefined && { beforeId }), size: limit + 1 });
  const { shown, nextCursor } = cutPage(rows, limit, ({ id }) => [id]);
  const items = shown.map(({ id, created_at: createdAt, ...row }) => ({ requestId: id, ...row, createdAt }));
  await logReading(deps, caller, `actor:${caller.id}`, 'privacy.listed', { rows: items.length });
  return { status: 200, body: { items, nextCursor } };
}
