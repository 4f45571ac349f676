import type { X12InterchangeEnd } from './x12-events.ts';
import type { X12Profile } from '../source.ts';
import { answerTo } from './x12-997.ts';
import type { OutboundMessage } from './x12-writing.ts';

/** TA105 (element I18) by finding; what is not here is `024`, invalid content, when it rejects, and no matter else. */
const NOTES: Readonly<Record<string, string>> = {
  'X12.IEA.CONTROL_NUMBER': '001',
  'X12.IEA.TERMINATOR': '004',
  'X12.ISA.SENDER': '006',
  'X12.ISA.RECEIVER': '008',
  'X12.ISA.CONTROL_NUMBER': '018',
  'X12.ISA.USAGE': '020',
  'X12.IEA.GROUP_COUNT': '021',
  'X12.INTERCHANGE.SEGMENT': '022',
  'X12.IEA.MISSING': '023',
  'X12.ISA.DUPLICATE': '025',
  'X12.ISA.SEEN': '025',
  'X12.ISA.DELIMITERS': '026',
};
const INVALID_CONTENT = '024';

/**
 * The interchange acknowledgment: whether an envelope was accepted (`A`), accepted with an error noted (`E`) or rejected
 * (`R`), and why. It goes out when the sender asked for it with ISA14 `1`, always from us to the partner whose interchange
 * it came as: the addresses in it may be what is wrong, and we speak for nobody else.
 * @see X12 TA1: I12 control number, I08 and I09 date and time of the interchange, I17 acknowledgment code, I18 note code
 */
export function makeTa1(
  { interchange, verdict, findings }: X12InterchangeEnd,
  { us, partner }: Pick<X12Profile, 'us' | 'partner'>,
): OutboundMessage {
  const reason = findings.find(({ disposition }) => disposition === 'reject');
  const noted = findings.map(({ code }) => NOTES[code]).find((note) => note !== undefined);
  const [code, note] =
    verdict === 'rejected'
      ? ['R', NOTES[reason?.code ?? ''] ?? INVALID_CONTENT]
      : noted === undefined
        ? ['A', '000']
        : ['E', noted];
  const [date = '', time = ''] = interchange.elements.slice(8, 10);
  const envelope = { ...answerTo(interchange), sender: us, receiver: partner, ...WITHOUT_GROUP };
  return { envelope, set: null, segments: [['TA1', interchange.controlNumber, date, time, code, note]] };
}

const WITHOUT_GROUP = { senderApplication: '', receiverApplication: '', agency: '', groupVersion: '' };
