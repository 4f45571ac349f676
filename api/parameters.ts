import { z } from 'zod';

/** Parts of requests that several operations share. */

export const cursorParameter = z.string().max(500).optional().describe('`nextCursor` of the page before');

export const pageSizeParameter = z.coerce.number().int().min(1).max(200).default(50).describe('Rows of a page');

/** A UTC instant written as the database writes it: as text it compares as time only when all are written alike. */
export const instantParameter = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

export const reasonMember = z.string().trim().min(1).max(2000).describe('Why; kept with the decision');
