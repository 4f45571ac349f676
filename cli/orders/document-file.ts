import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
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
  /** null: nothing that is read. */
  readonly format: Format | null;
}

const EXTENSIONS = ['.json', '.edi', '.x12', '.850'];
/** Beside the samples; no document. */
const LEFT_OUT = ['expectations.json'];

/** The documents that a path stands for: the file, or every JSON and X12 file below the folder. @throws Misuse */
export function listFiles(path: string): readonly string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new Misuse(`there is no file or folder "${path}"`);
  if (!stats.isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && EXTENSIONS.includes(extname(entry.name)) && !LEFT_OUT.includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  if (files.length === 0) throw new Misuse(`there is no document (${EXTENSIONS.join(', ')}) in "${path}"`);
  return files;
}

/**
 * Reads a document. The dates of a sample are filled in: those of the first run on this folder, so that the sample is the
 * same document as the demonstration sent.
 * @throws Misuse if there is no such file
 */
export function readDocumentFile(file: string, varDir: string): DocumentFile {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) throw new Misuse(`there is no file "${file}"`);
  const read = readFileSync(file);
  const text = read.toString('utf8');
  const today = findToday(varDir) ?? new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
  const bytes = hasPlaceholders(text) ? Buffer.from(fillPlaceholders(text, today)) : read;
  return { file, bytes, format: detectFormat(bytes).format };
}

/** The source that a document is from: the one asked for, the one that it names, or the partner of its interchange. */
export function chooseSource(
  { file, bytes, format }: DocumentFile,
  sources: readonly SourceProfile[],
  asked: string | undefined,
): SourceProfile {
  const id = asked ?? (format === 'x12' ? undefined : (findNamedSource(bytes, sources) ?? 'desk'));
  const chosen = id === undefined ? findPartner(bytes, sources) : sources.find((source) => source.id === id);
  if (chosen) return chosen;
  const known = sources.map((source) => source.id).join(', ');
  throw new Misuse(`say with --source which source ${file} is from; there are ${known}`);
}

function findNamedSource(bytes: Buffer, sources: readonly SourceProfile[]): string | undefined {
  try {
    const named = (JSON.parse(bytes.toString('utf8')) as { source?: unknown }).source;
    return sources.find(({ id }) => id === named)?.id;
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
