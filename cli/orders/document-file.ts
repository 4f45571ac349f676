import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { detectFormat } from '../../orders/formats/detect.ts';
import type { Format } from '../../orders/formats/format.ts';
import type { SourceProfile } from '../../orders/source.ts';
import { fillPlaceholders, hasPlaceholders } from '../samples/placeholders.ts';
import { findToday } from '../samples/samples.ts';
import { Misuse } from './misuse.ts';

/** A document on this machine. */
export interface DocumentFile {
  readonly file: string;
  readonly bytes: Buffer;
  /** What the end of its name declares; undefined for others. */
  readonly contentType: string | undefined;
  /** null: nothing that is read. */
  readonly format: Format | null;
}

/** Files that are taken for documents. */
const EXTENSIONS = ['.json', '.xml', '.cxml', '.csv', '.edi', '.x12', '.850', '.txt'];
/** Bytes tell every other format. */
const DECLARED: Readonly<Record<string, string>> = { '.csv': 'text/csv' };
/** Beside the samples; no document. */
const LEFT_OUT = ['expectations.json'];
/** Samples are small; only in them are there dates to be filled in. */
const LARGEST_SAMPLE = 1024 * 1024;

/** What a path stands for. */
export interface Listing {
  readonly files: readonly string[];
  /** Folders that could not be looked into, with the reason. */
  readonly unreadable: readonly { readonly file: string; readonly why: string }[];
}

/** The documents that a path stands for: the file, or every document below the folder. @throws Misuse */
export async function listFiles(path: string): Promise<Listing> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats) throw new Misuse(`there is no file or folder "${path}"`);
  if (!stats.isDirectory()) return { files: [path], unreadable: [] };
  const files: string[] = [];
  const unreadable: { file: string; why: string }[] = [];
  for (const folders = [path]; folders.length > 0;) {
    const folder = folders.pop() ?? '';
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      unreadable.push({ file: folder, why: explain(error) });
      return [];
    });
    folders.push(...entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)));
    files.push(...entries.filter(isDocument).map(({ name }) => join(folder, name)));
  }
  if (files.length + unreadable.length === 0)
    throw new Misuse(`there is no document (${EXTENSIONS.join(', ')}) in "${path}"`);
  return { files: files.toSorted(), unreadable };
}

function isDocument(entry: Dirent): boolean {
  return entry.isFile() && EXTENSIONS.includes(extname(entry.name).toLowerCase()) && !LEFT_OUT.includes(entry.name);
}

/** Why a file or folder cannot be read, such as `EACCES: permission denied`. */
function explain(error: unknown): string {
  return error instanceof Error ? (error.message.split(',')[0] ?? error.name) : 'unknown';
}

/**
 * Reads a document. The dates of a sample are filled in: those of the first run on this folder, so that the sample is the
 * same document as the demonstration sent.
 * @throws Misuse if there is no such file, or it cannot be read
 */
export async function readDocumentFile(file: string, varDir: string): Promise<DocumentFile> {
  const read = await readFile(file).catch((error: unknown) => {
    throw new Misuse(`"${file}" cannot be read: ${explain(error)}`);
  });
  const text = read.length > LARGEST_SAMPLE ? '' : read.toString('utf8');
  const today = findToday(varDir) ?? new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
  const bytes = hasPlaceholders(text) ? Buffer.from(fillPlaceholders(text, today)) : read;
  const contentType = DECLARED[extname(file).toLowerCase()];
  return { file, bytes, contentType, format: detectFormat(bytes, contentType).format };
}

/**
 * The source that a document is from: the one asked for, the one that it names, the one that its folder is called after,
 * the partner of its interchange, or else the desk.
 * @throws Misuse if there is none
 */
export function chooseSource(
  document: DocumentFile,
  sources: readonly SourceProfile[],
  asked: string | undefined,
): SourceProfile {
  const { file, bytes, format } = document;
  const find = (id: string | undefined): SourceProfile | undefined => sources.find((source) => source.id === id);
  const chosen =
    asked === undefined
      ? (find(findNamedSource(document)) ??
        find(basename(dirname(file))) ??
        (format === 'x12' ? findPartner(bytes, sources) : find('desk')))
      : find(asked);
  if (chosen) return chosen;
  const known = sources.map((source) => source.id).join(', ');
  throw new Misuse(`say with --source which source ${file} is from; there are ${known}`);
}

function findNamedSource({ format, bytes }: DocumentFile): string | undefined {
  if (format !== 'json') return undefined;
  try {
    const { source } = JSON.parse(bytes.toString('utf8')) as { source?: unknown };
    return typeof source === 'string' ? source : undefined;
  } catch {
    return undefined;
  }
}

/** By ISA06, which stands at a fixed place; the only partner where there is one. @see X12.5 ISA */
function findPartner(bytes: Buffer, sources: readonly SourceProfile[]): SourceProfile | undefined {
  const sender = bytes.toString('latin1', 35, 50).trim();
  const partners = sources.filter(({ x12 }) => x12 !== undefined);
  return partners.find(({ x12 }) => x12?.partner.id === sender) ?? (partners.length === 1 ? partners[0] : undefined);
}
