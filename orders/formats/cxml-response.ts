/** What a cXML sender is told. @see cXML User's Guide, "Status" */
export type CxmlStatusCode = 200 | 400 | 401 | 500;

/** An answer to a cXML request. */
export interface CxmlAnswer {
  readonly code: CxmlStatusCode;
  /** What happened, in words for the sender's people. */
  readonly message: string;
  /** Our own name of this answer, `<something unique>@<our host>`, and the moment it is given. */
  readonly payloadId: string;
  readonly at: Date;
}

const STATUS_TEXTS: Readonly<Record<CxmlStatusCode, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  500: 'Internal Server Error',
};

/**
 * The cXML document that answers a request; it goes with HTTP status 200 and `Content-Type: text/xml`, whatever it says,
 * unless the channel has reasons for another status: some senders take 4xx as final and send again after 5xx.
 */
export function writeCxmlResponse({ code, message, payloadId, at }: CxmlAnswer): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<cXML payloadID="${escapeXml(payloadId)}" timestamp="${at.toISOString()}" xml:lang="en">`,
    '  <Response>',
    `    <Status code="${code}" text="${STATUS_TEXTS[code]}" xml:lang="en">${escapeXml(message)}</Status>`,
    '  </Response>',
    '</cXML>',
    '',
  ].join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** A text as it may stand in XML 1.0; characters that XML cannot hold are replaced. */
export function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // eslint-disable-next-line no-control-regex -- control characters are what is looked for
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
      .replaceAll('\r', '&#13;')
  );
}
