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

/** A text in one line without control characters. */
export function toPlainText(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\uFFFD');
}
