/* Why a call failed, in a word that is kept and logged: never the other side's own words, which may name anything. */

/** The code of an answer with a status that is no success, such as `status_503`. */
export function codeOfStatus(status: number): string {
  return status >= 300 && status < 400 ? 'redirected' : `status_${String(status)}`;
}

/** The code of a failure on the way, such as `econnrefused`. */
export function codeOfFailure(error: unknown, otherwise: string): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code.toLowerCase() : otherwise;
}
