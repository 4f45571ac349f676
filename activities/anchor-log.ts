import { heartbeat } from '@temporalio/activity';
import { writeAnchor } from '../db/anchors.ts';
import { type Deps, nowIso } from './deps.ts';

/** Writes anchors until they cover all that the audit trail had when it began. */
export async function anchorLog({ store, anchorDir }: Deps): Promise<{ anchors: number; rows: number }> {
  const written = { anchors: 0, rows: 0 };
  for (;;) {
    const anchor = await writeAnchor(store, anchorDir, nowIso());
    if (!anchor) return written;
    written.anchors += 1;
    written.rows += anchor.rows;
    if (!anchor.more) return written;
    heartbeat();
  }
}
