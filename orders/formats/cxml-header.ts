import { attributeOf, find, findAll } from './xml-reading.ts';
import { readXml, type XmlElement } from './xml-reader.ts';

/** A name within a domain, as it stands in a cXML header. */
export interface Credential {
  readonly domain: string;
  readonly identity: string;
}

/** Who sends a cXML document, and which message it is. */
export interface CxmlEnvelope {
  /** The sender's name of this message: the same again is the same message. */
  readonly payloadId: string;
  /** When the message was made, ISO 8601, as it stands. */
  readonly timestamp: string;
  /** Who sends it, with the secret by which the channel knows the sender; null where there is none. */
  readonly sender: (Credential & { readonly sharedSecret: string | null }) | null;
}

/** Names and paths of cXML have no namespace. */
const CXML = { prefixes: {} };

/** The credentials of a party of the header: `From`, `To` or `Sender`. */
export function credentialsOf(root: XmlElement, party: string): readonly XmlElement[] {
  return findAll(CXML, root, `Header/${party}/Credential`);
}

/** What a credential says. */
export function toCredential(element: XmlElement): Credential {
  return {
    domain: attributeOf(element, 'domain')?.trim() ?? '',
    identity: find(CXML, element, 'Identity')?.text.trim() ?? '',
  };
}

/** Whether two credentials are one: domains count without case. */
export function isSameCredential(one: Credential, other: Credential): boolean {
  return one.domain.toLowerCase() === other.domain.toLowerCase() && one.identity === other.identity;
}

/**
 * Who says to have sent a cXML document, from the bytes as received: in what is kept the secret is masked. Undefined for
 * what is no cXML. Whether the secret is right is for the channel to say, in constant time.
 */
export function readCxmlCredentials(bytes: Uint8Array): CxmlEnvelope | undefined {
  const root = readXml(bytes).document?.root;
  if (root?.local !== 'cXML' || root.namespace !== '') return undefined;
  const credentials = credentialsOf(root, 'Sender');
  const withSecret = credentials.find((credential) => find(CXML, credential, 'SharedSecret'));
  const sender = withSecret ?? credentials[0];
  return {
    payloadId: attributeOf(root, 'payloadID')?.trim() ?? '',
    timestamp: attributeOf(root, 'timestamp')?.trim() ?? '',
    sender: sender
      ? { ...toCredential(sender), sharedSecret: find(CXML, sender, 'SharedSecret')?.text.trim() ?? null }
      : null,
  };
}
