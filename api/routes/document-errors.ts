import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { getSource } from '../../db/sources.ts';
import { EVERY_ROLE } from '../access.ts';
import { CONTENT_TYPES } from '../content-types.ts';
import { findReadableDocument, openContent } from '../document-content.ts';
import { type Call, operation, type Reply } from '../operation.ts';
import { Problem } from '../problem.ts';
import { ask } from '../reading/ask.ts';
import { problemAnswer } from '../views.ts';

/** The rows of a CSV file that came to nothing, to be corrected in a spreadsheet and sent again. */
export const getDocumentErrors = operation({
  method: 'get',
  path: '/v1/documents/{id}/errors.csv',
  id: 'getDocumentErrors',
  tag: 'Documents',
  summary: 'The rows of a CSV file that could not be read, with what is wrong with each',
  description:
    'All rows of the refused orders, as the source is read now, with a column `error`. What a spreadsheet would take for a ' +
    "formula begins with an apostrophe. Not for people who are limited to customers. A person's reading is noted in the " +
    'audit trail.',
  access: { roles: EVERY_ROLE, sources: true },
  params: z.object({ id: z.string() }),
  answers: {
    200: { description: 'The rows; the header alone if nothing is wrong', contentType: 'text/csv' },
    410: problemAnswer('The content of the document, or of an order in it, was erased'),
  },
  handle: showErrors,
});

async function showErrors({ deps, caller, params }: Call<{ id: string }, undefined, undefined>): Promise<Reply> {
  const document = await findReadableDocument(deps, caller, params.id);
  if (document?.format !== 'csv') throw new Problem('not-found', 'there is no such CSV document');
  const content = await openContent(deps, caller, document);
  const profile = await getSource(deps.store, document.source);
  const body = Buffer.from(await ask('writeErrors', await buffer(content), profile));
  const headers = { 'Content-Disposition': `attachment; filename="errors-${document.id}.csv"` };
  return { status: 200, body, contentType: CONTENT_TYPES.csv, headers };
}
