import { heartbeat } from '@temporalio/activity';
import { type DocumentRow, getDocument, readDocument } from '../db/documents.ts';
import { getSource } from '../db/sources.ts';
import type { Store } from '../db/store.ts';
import { readerOf } from '../orders/formats/readers.ts';
import type { SourceProfile } from '../orders/source.ts';
import type { Deps } from './deps.ts';
import { splitX12Document } from './split-x12.ts';
import { createPartStager, endSplit, type SplitSummary } from './stage-parts.ts';

/** Splits a document into its orders. Goes on where it was interrupted. */
export async function splitDocument({ store }: Deps, documentId: string): Promise<SplitSummary> {
  const document = await getDocument(store, documentId);
  if (document.state !== 'received') return { state: document.state, orders: document.order_count };
  const profile = await getSource(store, document.source);
  return document.format === 'x12'
    ? splitX12Document(store, document, profile)
    : splitWholeDocument(store, document, profile);
}

/** Lists of orders are read as a whole: whether the last line is there decides whether the first may be taken. */
async function splitWholeDocument(store: Store, document: DocumentRow, profile: SourceProfile): Promise<SplitSummary> {
  if (document.format === null) throw new Error(`document ${document.id} has no format`);
  const bytes = await readDocument(store, document.id);
  heartbeat();
  const { parts, findings } = readerOf(document.format).split(bytes, profile);
  const stager = await createPartStager(store, document);
  for (const part of parts) await stager.add(part);
  return endSplit(store, document, await stager.finish(), findings);
}
