/**
 * Rows under a header, in columns as wide as they need to be. What came from outside cannot steer the terminal: control
 * characters are shown as a replacement character.
 * @param rightAligned columns of numbers
 */
export function printTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string {
  const lines = [header, ...rows].map((cells) => cells.map(toPlainText));
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const align = (cell: string, column: number): string =>
    rightAligned.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return lines.map((cells) => cells.map(align).join('  ').trimEnd()).join('\n');
}

/** One page of a list as a table; says so if there is more of it. */
export function printPage(
  { nextCursor }: { readonly nextCursor: string | null },
  header: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned?: readonly number[],
): string {
  return printTable(header, rows, rightAligned) + (nextCursor === null ? '' : '\nThere are more; --limit shows them.');
}

/** Facts under each other, with their names before them; those that are undefined are left out. */
export function printFacts(facts: readonly (readonly [name: string, value: string | undefined])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(width)}  ${toPlainText(value)}`]))
    .join('\n');
}

/** A UTC instant in a table: `2026-11-23 09:30:00`. */
export function printInstant(instant: string): string {
  return instant.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length).replace('T', ' ');
}

/** A text in one line without control characters. */
export function toPlainText(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\uFFFD');
}
