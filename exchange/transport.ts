/**
 * How files come from partners and go to them. One interface for the inbox and the outbox, whatever lies behind it.
 * Each call may be repeated safely.
 */
export interface Transport {
  /** The files of a source that its sender has finished, oldest first. A file that is still written is not among them. */
  list(source: string): Promise<readonly InboxFile[]>;
  /**
   * The bytes of a listed file.
   * @throws FileRefused if the file is not what was listed any more: gone, replaced, no plain file.
   */
  read(file: InboxFile): AsyncIterable<Uint8Array>;
  /** Takes the file away after it was stored. Harmless if it is gone; a newer file of the same name stays. */
  remove(file: InboxFile): Promise<void>;
  /** Sets the file aside, with the report beside it as JSON. Harmless if that was done before. */
  reject(file: InboxFile, report: unknown): Promise<void>;
  /** Sends bytes to a source's partner under a name. The same name again replaces what was sent under it. */
  deliver(source: string, fileName: string, bytes: Uint8Array): Promise<void>;
}

/** A complete file in a source's inbox. */
export interface InboxFile {
  readonly source: string;
  /** The name its sender gave it, without a folder; what of it is no UTF-8 is shown as a replacement character. */
  readonly name: string;
  /** Tells it from every other file, also from one of the same name and size. */
  readonly identity: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last written, UTC, ISO 8601. */
  readonly modifiedAt: string;
  /** Larger than the transport reads: to be rejected without reading. */
  readonly tooLarge: boolean;
}

/** A file or name that the transport does not touch, and why. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
}
