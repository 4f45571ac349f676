/** What a call answers over HTTP; a `problem` travels as `application/problem+json`. */
export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly problem?: boolean;
  readonly location?: string;
}

/** The call did what it was asked to, or says truthfully why not. */
export function answer(body: object): Answer {
  return { status: 200, body };
}

/**
 * The call is refused. `code` is stable and for programs, `title` for their developers.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function refuse(status: number, code: string, title: string, members: object = {}): Answer {
  const type = `urn:back-office:problem:${code}`;
  return { status, problem: true, body: { type, title, status, code, ...members } };
}
