import { extname } from 'node:path';
import { heartbeat } from '@temporalio/activity';
import { listSources } from '../db/sources.ts';
import { FileRefused, type InboxFile } from '../exchange/transport.ts';
import { maskCardNumbers } from '../orders/cards.ts';
import { detectFormat } from '../orders/formats/detect.ts';
import type { NotTaken } from '../orders/formats/examine.ts';
import type { Channel } from '../orders/state.ts';
import { formatsOf, type SourceProfile } from '../orders/source.ts';
import { type Deps, nowIso } from './deps.ts';
import { tellDamaged } from './guard.ts';
import { takeDocument } from './take-document.ts';

/** Files taken by one batch: well below the number of children that a workflow may have. */
const MOST_FILES = 500;

/** What is not X12 is read as a whole; larger than this it would keep others waiting. The gateway takes as much. */
const LARGEST_WHOLE = 20 * 1024 * 1024;
const TOO_LARGE_WHOLE = `the file is larger than ${String(LARGEST_WHOLE)} bytes: send several smaller ones`;

/** What the end of a name declares, for bytes that leave it open. */
const TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.csv': 'text/csv',
  '.edi': 'application/edi-x12',
};

export interface CollectedDocument {
  readonly id: string;
  readonly source: string;
  readonly channel: Channel;
}

/**
 * Takes complete files from the inboxes of active sources into the store; a file leaves the disk after it is durably
 * stored. Run again after a crash, a file that was stored but not removed is found to be the same and removed.
 */
export async function collectInbox(deps: Deps): Promise<{ documents: CollectedDocument[]; rejectedFiles: number }> {
  const documents: CollectedDocument[] = [];
  let rejectedFiles = 0;
  for (const profile of await listSources(deps.store, tellDamaged)) {
    if (!profile.active) continue;
    for (const file of await deps.transport.list(profile.id)) {
      if (documents.length >= MOST_FILES) break;
      heartbeat();
      const id = await takeFile(deps, profile, file);
      if (id === undefined) rejectedFiles += 1;
      else documents.push({ id, source: profile.id, channel: profile.channel });
    }
  }
  return { documents, rejectedFiles };
}

/** @returns the document's id, or undefined if the file was set aside. */
async function takeFile(deps: Deps, profile: SourceProfile, file: InboxFile): Promise<string | undefined> {
  const { transport } = deps;
  try {
    const { documentId, why } = await storeFile(deps, profile, file);
    if (documentId !== undefined) await transport.remove(file);
    else await transport.reject(file, { file: nameOf(file), bytes: file.size, at: nowIso(), why });
    return documentId;
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    return undefined;
  }
}

/** @returns the document that the file became, or why it became none. */
async function storeFile(
  { store, transport }: Deps,
  profile: SourceProfile,
  file: InboxFile,
): Promise<{ documentId: string; why?: never } | { why: string; documentId?: never }> {
  if (file.size === 0) return { why: 'the file is empty' };
  if (file.tooLarge) return { why: 'the file is larger than is taken' };
  const bytes = await readWhole(transport, file);
  if (bytes.length > LARGEST_WHOLE && detectFormat(bytes).format !== 'x12') return { why: TOO_LARGE_WHOLE };
  const { documentId, notTaken } = await takeDocument(store, profile, {
    bytes,
    contentType: TYPES[extname(file.name).toLowerCase()],
    fileName: nameOf(file),
    delivery: file.identity,
  });
  return notTaken ? { why: explain(notTaken, profile) } : { documentId };
}

/** What partners write into names may be anything. */
function nameOf(file: InboxFile): string {
  return maskCardNumbers(file.name).text;
}

async function readWhole(transport: Deps['transport'], file: InboxFile): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of transport.read(file)) parts.push(part);
  return Buffer.concat(parts);
}

function explain({ format, why }: NotTaken, profile: SourceProfile): string {
  const taken = formatsOf(profile).map((name) => name.toUpperCase()).join(', '); // prettier-ignore
  return format === null
    ? `the format of the file cannot be told: ${why}; source "${profile.id}" sends ${taken}`
    : `source "${profile.id}" sends ${taken}, and this is ${format.toUpperCase()}: ${why}`;
}
