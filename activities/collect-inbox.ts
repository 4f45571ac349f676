import { heartbeat } from '@temporalio/activity';
import { v7 as uuidv7 } from 'uuid';
import { acceptDocument, type Arrival, refuseDocument } from '../db/intake.ts';
import { listSources } from '../db/sources.ts';
import { FileRefused, type InboxFile } from '../exchange/transport.ts';
import { maskCardNumbers } from '../orders/cards.ts';
import { isRejected } from '../orders/finding.ts';
import { maskX12 } from '../orders/formats/x12-mask.ts';
import type { Channel } from '../orders/state.ts';
import type { SourceProfile } from '../orders/source.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { tellDamaged } from './upkeep.ts';

/** Files taken by one batch: well below the number of children that a workflow may have. */
const MOST_FILES = 500;

export interface CollectedDocument {
  readonly id: string;
  readonly source: string;
  readonly channel: Channel;
}

/**
 * Takes complete files from the inboxes of active EDI sources into the store; a file leaves the disk after it is durably
 * stored. Run again after a crash, a file that was stored but not removed is found to be the same and removed.
 */
export async function collectInbox(deps: Deps): Promise<{ documents: CollectedDocument[]; rejectedFiles: number }> {
  const documents: CollectedDocument[] = [];
  let rejectedFiles = 0;
  for (const profile of await listSources(deps.store, tellDamaged)) {
    if (profile.channel !== 'edi' || !profile.active || !profile.x12) continue;
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
async function takeFile(
  { store, transport }: Deps,
  profile: SourceProfile,
  file: InboxFile,
): Promise<string | undefined> {
  if (file.tooLarge || file.size === 0) {
    const why = file.tooLarge ? 'the file is larger than is taken' : 'the file is empty';
    await transport.reject(file, { file: file.name, bytes: file.size, at: nowIso(), why });
    return undefined;
  }
  try {
    const id = await storeFile({ store, transport }, profile, file);
    await transport.remove(file);
    return id;
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    return undefined;
  }
}

async function storeFile(
  { store, transport }: Pick<Deps, 'store' | 'transport'>,
  profile: SourceProfile,
  file: InboxFile,
): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of transport.read(file)) parts.push(part);
  const at = nowIso();
  const { bytes, findings } = maskX12(Buffer.concat(parts), profile.cardNumbers);
  const { id: source, channel } = profile;
  const received = {
    documentId: uuidv7(),
    source,
    channel,
    format: 'x12',
    contentType: null,
    fileName: maskCardNumbers(file.name).text,
  } as const;
  const arrival: Arrival = { ...received, bytes, receivedBy: WORKER, at, findings, idempotencyKey: null };
  if (isRejected(findings)) {
    await refuseDocument(store, arrival);
    return arrival.documentId;
  }
  return (await acceptDocument(store, arrival)).documentId;
}
