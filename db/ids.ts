/**
 * Checks the name of a person, or of the program's part that acts: it stands in columns of keys, which on SQL Server are
 * ASCII and compared byte by byte, and in the audit trail.
 * @throws Error naming what cannot be used, and what can.
 */
export function requireName(name: string, what: string): void {
  if (/^[\x21-\x7e]{1,80}$/.test(name)) return;
  throw new Error(`${what} ${JSON.stringify(name)} cannot be used: 1 to 80 ASCII characters without spaces are needed`);
}
