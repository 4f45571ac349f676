import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NOTICE_KINDS } from '../../orders/notify-profile.ts';
import { writeLetter } from '../../orders/notice-letter.ts';

const ORDER = { orderId: '0190-a', source: 'web-shop', poNumber: 'PO-1', externalId: 'W-1', state: 'rejected' };

describe('a letter about an order', () => {
  test('says which order, what is wrong and where, and what to do', () => {
    const findings = [
      {
        code: 'TOTAL.MISMATCH',
        path: '/total',
        message: 'The total 10.00 is not the sum of the lines, 12.00.',
        location: { line: 3, column: 5 },
      },
      { code: 'X12.N1', path: '', message: 'N103 is missing.', location: { segment: 'N1', segmentPosition: 7, element: 3 } },
      { code: 'CSV.ROW', path: '', message: 'The row is short.', location: { row: 4 } },
      { code: 'JSON.TYPE', path: '/lines/0', message: 'Not a number.', location: { pointer: '/items/0/qty' } },
    ]; // prettier-ignore
    const { subject, text } = writeLetter({ type: 'order.rejected', data: { ...ORDER, findings } });
    expect(subject).toBe('Purchase order PO-1 was rejected');
    expect(text).toBe(`Purchase order PO-1 was rejected.
Nothing of this order will be produced.

What we found:

1. The total 10.00 is not the sum of the lines, 12.00. (TOTAL.MISMATCH)
   Where: line 3, column 5, field /total

2. N103 is missing. (X12.N1)
   Where: segment N1, position 7, element 3

3. The row is short. (CSV.ROW)
   Where: row 4

4. Not a number. (JSON.TYPE)
   Where: at /items/0/qty, field /lines/0

Please correct what is named above and send the order again.

Source: web-shop
Our number of the order: 0190-a
This letter was written by a program; nobody reads answers to it.
`);
  });

  test('names the production order, and an order without a number by what else it has', () => {
    const completed = { ...ORDER, poNumber: null, productionOrderId: 'P-9' };
    const { subject, text } = writeLetter({ type: 'order.completed', data: completed });
    expect(subject).toBe('Order W-1 is in production');
    expect(text).toContain('Production order: P-9');
    const nameless = { orderId: '0190-a', poNumber: null, externalId: null };
    expect(writeLetter({ type: 'order.cancelled', data: nameless }).subject).toBe('Order 0190-a was cancelled');
    expect(writeLetter({ type: 'document.refused', data: { documentId: '0190-d' } }).subject).toBe(
      'Document 0190-d could not be read',
    );
  });

  test('says how many findings it left out', () => {
    const finding = { code: 'A.B', path: '', message: 'wrong', location: {} };
    const findings = Array.from({ length: 53 }, () => finding);
    const { text } = writeLetter({ type: 'order.rejected', data: { ...ORDER, findings } });
    expect(text).toContain('50. wrong (A.B)');
    expect(text).not.toContain('51. ');
    expect(text).toContain('And 3 more.');
    const more = { ...ORDER, findings, findingsLeftOut: 900 };
    expect(writeLetter({ type: 'order.rejected', data: more }).text).toContain('And 903 more.');
  });

  test('has words of its own for each kind of notice', () => {
    const subjects = NOTICE_KINDS.map((type) => writeLetter({ type, data: ORDER }).subject);
    expect(new Set(subjects).size).toBe(NOTICE_KINDS.length);
    for (const subject of subjects) expect(subject).toMatch(/^Purchase order PO-1 /);
  });

  test('about something else names its members, and no lists or objects', () => {
    const title = 'the back office is away: 120 orders wait';
    const data = {
      incidentId: 'i',
      title,
      orders: 120,
      whatToDo: 'Look after it.',
      findings: [],
      details: { name: 'x' },
    };
    expect(writeLetter({ type: 'incident.opened', data })).toEqual({
      subject: `incident opened: ${title}`,
      text: `incident opened: ${title}

incident id: i
orders: 120
what to do: Look after it.

This letter was written by a program; nobody reads answers to it.
`,
    });
  });
});

test('nothing from outside begins a line, makes the subject longer than a line, or shows text in another order', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('PO\r\nBcc: thief@example.com', '\u202EPO', 'PO\u2028Subject: x', 'PO\u0085x', 'PO\0', 'x'.repeat(5000)),
  ); // prettier-ignore
  fc.assert(
    fc.property(hostile, hostile, fc.constantFrom(...NOTICE_KINDS, 'incident.opened'), (name, words, type) => {
      const findings = [{ code: 'A.B', path: words, message: words, location: { pointer: words, segment: name } }];
      const told = { poNumber: name, externalId: name, orderId: name, documentId: name, source: name, title: words };
      const { subject, text } = writeLetter({ type, data: { ...told, productionOrderId: name, findings } });
      expect(subject).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(subject.length).toBeLessThan(170);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(text).not.toMatch(/^(Bcc|Subject):/m);
      expect(text.split('\n').length).toBeLessThan(25);
    }),
  );
});
