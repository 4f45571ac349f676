import { x12Reader } from '../../../orders/formats/x12-documents.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isGroupAccepted, readEnvelopes, splitX12 } from '../../../orders/formats/x12-splitter.ts';
import type { X12Profile } from '../../../orders/source.ts';
import {
  codesOf,
  document,
  interchangesOf,
  NORTHWIND,
  ORDER,
  profileOf,
  setOf,
  setsOf,
  split,
} from './x12-document.ts';

const verdicts = (content: string | Uint8Array, x12?: Partial<X12Profile>) =>
  interchangesOf(split(content, x12)).map(({ verdict }) => verdict);

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('a document that is whole', () => {
  test('gives its events in the order of the document', () => {
    const events = split(document({ sets: [setOf('0001'), setOf('0002')] }));
    const kinds = events.map(({ kind }) => kind);
    expect(kinds).toEqual([
      'interchange_start', 'group_start', 'transaction_set', 'transaction_set', 'group_end', 'interchange_end', 'document_end',
    ]); // prettier-ignore
    expect(codesOf(events)).toEqual([]);
    expect(interchangesOf(events)[0]).toMatchObject({
      verdict: 'accepted',
      groups: [{ verdict: 'accepted', receivedSets: 2 }],
    });
  });

  test('gives each set as the very bytes of the document, at their offset', () => {
    const content = document({ sets: [setOf('0001'), setOf('0002')] });
    for (const set of setsOf(split(content))) {
      expect(textOf(set.bytes)).toBe(setOf(set.controlNumber));
      expect(content.slice(set.offset, set.offset + set.bytes.length)).toBe(setOf(set.controlNumber));
    }
  });

  test('may hold several interchanges with different delimiters', () => {
    const second = { separator: '|', terminator: '\x15', component: '^', isa13: '000000102' };
    const events = split(document() + document(second));
    expect(interchangesOf(events).map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted']);
    expect(interchangesOf(events)[1]?.interchange).toMatchObject({
      delimiters: { element: '|', segment: '\x15', component: '^' },
      offset: document().length,
    });
  });

  test.each([
    ['~', '\x15'], ['*', '|'], ['>', '~'], ['*', '$'], ['<', '\n'], ['\x1d', '\x1c'], ['*', '\r'],
  ])('is read with element separator %j and segment terminator %j', (separator, terminator) => {
    const content = document({ separator, terminator, component: '^' });
    expect(verdicts(content)).toEqual(['accepted']);
    expect(setsOf(split(content))[0]?.segmentCount).toBe(6);
  }); // prettier-ignore

  test('takes ISA11 for a repetition separator only from 00402 on and if it is no letter or digit', () => {
    const repetitionOf = (isa11: string, isa12: string) =>
      interchangesOf(split(document({ isa11, isa12 })))[0]?.interchange.delimiters.repetition;
    expect(repetitionOf('^', '00501')).toBe('^');
    expect(repetitionOf('U', '00501')).toBeNull();
    expect(repetitionOf('^', '00401')).toBeNull();
  });
});

describe('whatever the size of the pieces', () => {
  const documents = [
    NORTHWIND,
    Buffer.from(`\xef\xbb\xbf ${document({ sets: [setOf('0001'), 'ST*850*0002~BEG*00~~'] })}\r\n\x1a`, 'latin1'),
    Buffer.from(document() + document({ terminator: '\n', component: '<' }), 'latin1'),
    Buffer.from(`${document()}ISA*00*cut`, 'latin1'),
    Buffer.from(`${document()}not X12`, 'latin1'),
    Buffer.from(document({ sets: [setOf('0001', [...ORDER, `MSG*${'x'.repeat(70_000)}`])] }), 'latin1'),
  ];

  test('the events are the same', () => {
    fc.assert(
      fc.property(fc.constantFrom(...documents), fc.integer({ min: 1, max: 200 }), (bytes, size) => {
        expect(split(bytes, {}, size)).toEqual(split(bytes));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a control number that occurs twice in a document', () => {
  const group = 'GS*PO*NORTHWIND*STAGING*20261123*0915*101*X*004010~';
  const twice = {
    interchange: document() + document(),
    group: document({ ge: `GE*1*101~${group}${setOf('0002')}GE*1*101~`, iea: 'IEA*2*000000101~' }),
    set: document({ sets: [setOf('0001'), setOf('0001')] }),
  };
  const policies = { interchange: 'reject', group: 'warn', set: 'reject' } as const;

  test.each([
    ['interchange', 'reject', 1, ['X12.ISA.DUPLICATE']],
    ['interchange', 'warn', 2, ['X12.ISA.DUPLICATE']],
    ['interchange', 'process', 2, []],
    ['group', 'reject', 1, ['X12.GS.DUPLICATE']],
    ['group', 'warn', 1, ['X12.GS.DUPLICATE']],
    ['group', 'process', 2, []],
    ['set', 'reject', 1, ['X12.ST.DUPLICATE']],
    ['set', 'warn', 2, ['X12.ST.DUPLICATE']],
    ['set', 'process', 2, []],
  ] as const)('as %s under the policy %s', (kind, policy, taken, codes) => {
    const profile = profileOf({ duplicates: { ...policies, [kind]: policy } });
    const { parts, findings } = x12Reader.split(Buffer.from(twice[kind]), profile);
    const told = split(twice[kind], { duplicates: { ...policies, [kind]: policy } });
    expect([parts.length, [...new Set(codesOf(told))]]).toEqual([taken, codes]);
    expect(findings.every(({ message }) => message.includes('occurs twice'))).toBe(true);
  });
});

describe('a document that was cut', () => {
  test('is never accepted, at any cut point', () => {
    const content = document({ sets: [setOf('0001'), setOf('0002')] });
    for (let cut = 1; cut < content.length; cut++) {
      const events = split(content.slice(0, cut));
      expect([cut, interchangesOf(events).filter(({ verdict }) => verdict === 'accepted')]).toEqual([cut, []]);
      expect([cut, events.flatMap((event) => ('findings' in event ? event.findings : [])).length > 0]).toEqual([
        cut,
        true,
      ]);
    }
  });

  test('keeps what was whole before, and says that the second interchange is not', () => {
    const first = document();
    const second = document({ isa13: '000000102' });
    for (let cut = 1; cut < second.length; cut++) {
      const events = split(first + second.slice(0, cut));
      expect([cut, verdicts(first + second.slice(0, cut)).filter((verdict) => verdict === 'accepted').length]).toEqual([
        cut,
        1,
      ]);
      const rejected = codesOf(events).some((code) =>
        /TRUNCATED|TRAILING_DATA|IEA\.MISSING|IEA\.TERMINATOR/.test(code),
      );
      expect([cut, rejected]).toEqual([cut, true]);
    }
  });

  test('is accepted without its last terminator only where the profile tolerates that', () => {
    const content = document().slice(0, -1);
    expect(verdicts(content)).toEqual(['rejected']);
    expect(verdicts(content, { tolerate: ['missing_last_terminator'] })).toEqual(['accepted']);
    expect(verdicts(content.slice(0, -1), { tolerate: ['missing_last_terminator'] })).toEqual(['rejected']);
  });

  test('says what is missing when an ISA comes too early', () => {
    const events = split(document({ iea: '' }) + document({ isa13: '000000102' }));
    expect(interchangesOf(events).map(({ verdict }) => verdict)).toEqual(['rejected', 'accepted']);
    expect(codesOf(events)).toEqual(['X12.IEA.MISSING']);
  });
});

describe('an envelope that does not fit', () => {
  const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
    ['IEA02 is another text than ISA13', document({ iea: 'IEA*1*101~' }), 'rejected', ['X12.IEA.CONTROL_NUMBER']],
    ['letters in ISA13 and other letters in IEA02', document({ isa13: 'ABCDEFGHI', iea: 'IEA*1*XYZXYZXYZ~' }), 'rejected', ['X12.ISA.CONTROL_NUMBER', 'X12.IEA.CONTROL_NUMBER']],
    ['IEA01 counts wrong', document({ iea: 'IEA*2*000000101~' }), 'rejected', ['X12.IEA.GROUP_COUNT']],
    ['IEA01 is no count', document({ iea: 'IEA*1e0*000000101~' }), 'rejected', ['X12.IEA.GROUP_COUNT']],
    ['another sender', document({ partner: 'EASTWIND' }), 'rejected', ['X12.ISA.SENDER', 'X12.GS.APPLICATION_DIFFERS']],
    ['another receiver', document({ us: 'ELSEWHERE' }), 'rejected', ['X12.ISA.RECEIVER', 'X12.GS.APPLICATION_DIFFERS']],
    ['a test where production is taken', document({ usage: 'T' }), 'rejected', ['X12.ISA.USAGE']],
    ['a segment outside every group', document({ iea: 'MSG*x~IEA*1*000000101~' }), 'rejected', ['X12.INTERCHANGE.SEGMENT']],
    ['the same interchange twice', document() + document(), 'rejected', ['X12.ISA.DUPLICATE']],
  ]; // prettier-ignore

  test.each(cases)('rejects the interchange: %s', (_, content, verdict, codes) => {
    const events = split(content);
    expect(interchangesOf(events).at(-1)?.verdict).toBe(verdict);
    expect([...codesOf(events)].sort()).toEqual([...codes].sort());
  });

  const gs = (text: string) => document({ gs: text });
  const groups: readonly (readonly [string, string, string])[] = [
    ['GS01 is not PO', gs('IN*NORTHWIND*STAGING*20261123*0915*101*X*004010'), 'X12.GS.TYPE'],
    ['GS08 is unknown', gs('PO*NORTHWIND*STAGING*20261123*0915*101*X*D96A'), 'X12.GS.VERSION'],
    ['GE02 is another text than GS06', document({ ge: 'GE*1*0101~' }), 'X12.GE.CONTROL_NUMBER'],
    ['GE01 counts wrong', document({ ge: 'GE*3*101~' }), 'X12.GE.SET_COUNT'],
    ['GE is missing', document({ ge: '' }), 'X12.GE.MISSING'],
    [
      'a segment stands between the sets',
      document({ sets: [setOf(), 'MSG*x~'], ge: 'GE*1*101~' }),
      'X12.GROUP.SEGMENT',
    ],
  ];

  test.each(groups)('rejects the group only: %s', (_, content, code) => {
    const events = split(content);
    expect(interchangesOf(events)[0]).toMatchObject({ verdict: 'accepted', groups: [{ verdict: 'rejected' }] });
    expect(codesOf(events)).toEqual([code]);
  });

  test('rejects the second group of the same GS06', () => {
    const group = 'GS*PO*NORTHWIND*STAGING*20261123*0915*101*X*004010~';
    const events = split(document({ ge: `GE*1*101~${group}${setOf()}GE*1*101~`, iea: 'IEA*2*000000101~' }));
    expect(interchangesOf(events)[0]?.groups.map(({ verdict }) => verdict)).toEqual(['accepted', 'rejected']);
  });

  test('compares GS02 and GS03 with what the profile agrees on', () => {
    const agreed = { partnerApplication: 'NW-ERP', usApplication: 'ORDERS' };
    expect(codesOf(split(document(), agreed))).toEqual(['X12.GS.APPLICATION', 'X12.GS.APPLICATION']);
    expect(codesOf(split(gs('PO*NW-ERP*ORDERS*20261123*0915*101*X*004010'), agreed))).toEqual([]);
  });

  test('warns only of a wrong GE01 or SE01 that the profile tolerates', () => {
    const wrong = document({ sets: [setOf().replace('SE*6', 'SE*7')], ge: 'GE*9*101~' });
    const events = split(wrong, { tolerate: ['set_count', 'segment_count'] });
    expect(interchangesOf(events)[0]?.groups[0]).toMatchObject({ verdict: 'accepted', declaredSets: '9' });
    expect(setsOf(events)[0]?.findings).toMatchObject([{ code: 'X12.SE.SEGMENT_COUNT', disposition: 'warn' }]);
    expect(setsOf(split(wrong))[0]?.findings).toMatchObject([{ code: 'X12.SE.SEGMENT_COUNT', disposition: 'reject' }]);
  });
});

describe('a bad transaction set', () => {
  const bad: readonly (readonly [string, string, string])[] = [
    ['SE01 counts wrong', setOf('0002').replace('SE*6', 'SE*5'), 'X12.SE.SEGMENT_COUNT'],
    ['SE02 is another text than ST02', setOf('0002').replace('6*0002', '6*2'), 'X12.SE.CONTROL_NUMBER'],
    ['SE is missing', setOf('0002').replace('SE*6*0002~', ''), 'X12.SE.MISSING'],
    ['ST02 is taken', setOf('0001'), 'X12.ST.DUPLICATE'],
    ['it is an invoice', setOf('0002').replace('850', '810'), 'X12.ST.TYPE'],
  ];

  test.each(bad)('does not hold up the good ones around it: %s', (_, set, code) => {
    const events = split(document({ sets: [setOf('0001'), set, setOf('0003')] }));
    expect(setsOf(events).map(({ findings }) => findings.map((finding) => finding.code))).toEqual([[], [code], []]);
    expect(interchangesOf(events)[0]).toMatchObject({
      verdict: 'accepted',
      groups: [{ verdict: 'accepted', receivedSets: 3 }],
    });
  });

  test('says where in the document and in the set', () => {
    const content = document({ sets: [setOf().replace('SE*6', 'SE*5')] });
    expect(setsOf(split(content))[0]?.findings[0]).toMatchObject({
      message: 'SE01 is "5" but the set has 6 segments.',
      location: { offset: content.indexOf('SE*5'), segment: 'SE', segmentPosition: 6, element: 1 },
    });
  });
});

describe('what is tolerated with a warning', () => {
  const tolerated: readonly (readonly [string, string, readonly string[]])[] = [
    ['a byte order mark', `\xef\xbb\xbf${document()}`, ['X12.DOCUMENT.BOM']],
    [
      'line breaks, blank lines and indentation',
      document({ terminator: '~\r\n\r\n  ' }),
      ['X12.INTERCHANGE.WHITESPACE'],
    ],
    ['empty segments', document({ sets: [setOf().replace('CTT', '~~CTT')] }), ['X12.INTERCHANGE.EMPTY_SEGMENT']],
    ['a trailing Ctrl-Z and NUL', `${document()}\x1a\0`, ['X12.DOCUMENT.TRAILING_PADDING']],
    ['a zero-padded SE01', document({ sets: [setOf().replace('SE*6', 'SE*0006')] }), ['X12.SE.PADDED_COUNT']],
    [
      'a version suffix',
      document({ gs: 'PO*NORTHWIND*STAGING*20261123*0915*101*X*004010VICS' }),
      ['X12.GS.VERSION_SUFFIX'],
    ],
    ['another version in ISA12', document({ isa12: '00200' }), ['X12.GS.VERSION_DIFFERS']],
  ];

  test.each(tolerated)('%s', (_, content, codes) => {
    const events = split(content);
    expect(codesOf(events)).toEqual(codes);
    expect(interchangesOf(events)[0]).toMatchObject({ verdict: 'accepted', groups: [{ verdict: 'accepted' }] });
  });
});

describe('what is no X12', () => {
  const wrapped =
    document()
      .match(/.{1,80}/gs)
      ?.join('\r\n') ?? '';
  const refused: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ['nothing', Buffer.alloc(0), 'X12.DOCUMENT.NOT_X12', /empty/],
    ['another format', Buffer.from('{"poNumber":"1"}'), 'X12.DOCUMENT.NOT_X12', /begins with ISA/],
    ['UTF-16 with a mark', Buffer.from(`\ufeff${document()}`, 'utf16le'), 'X12.DOCUMENT.UTF16', /UTF-16/],
    ['UTF-16 without one', Buffer.from(document(), 'utf16le'), 'X12.DOCUMENT.UTF16', /UTF-16/],
    [
      'a short ISA06',
      Buffer.from(document().replace('NORTHWIND      ', 'NORTHWIND')),
      'X12.ISA.LAYOUT',
      /ISA06 does not have/,
    ],
    ['lines of 80 columns', Buffer.from(wrapped), 'X12.ISA.LAYOUT', /line break at its character 81/],
    ['a letter as terminator', Buffer.from(document({ terminator: 'A' })), 'X12.ISA.DELIMITERS', /must differ/],
    ['two equal delimiters', Buffer.from(document({ component: '~' })), 'X12.ISA.DELIMITERS', /must differ/],
  ];

  test.each(refused)('is refused: %s', (_, bytes, code, message) => {
    const events = split(bytes, {}, 7);
    expect(interchangesOf(events)).toEqual([]);
    const findings = events.flatMap((event) => (event.kind === 'document_end' ? event.findings : []));
    const reject = findings.find(({ disposition }) => disposition === 'reject');
    expect(reject).toMatchObject({ code });
    expect(reject?.message).toMatch(message);
  });

  test('is told about when it follows an interchange', () => {
    const events = split(`${document()}garbage`);
    expect(interchangesOf(events)[0]?.verdict).toBe('accepted');
    expect(events.at(-1)).toMatchObject({
      kind: 'document_end',
      findings: [{ code: 'X12.DOCUMENT.TRAILING_DATA', location: { offset: document().length } }],
    });
  });
});

test('an ISA without its last element is told as that, not as wrong control numbers only', () => {
  const content = document({ terminator: '~\n' }).replace('*P*>~', '*P*~');
  const findings = split(content).flatMap((event) => (event.kind === 'group_end' ? event.findings : []));
  expect(findings[0]).toMatchObject({ code: 'X12.ISA.DELIMITERS', disposition: 'reject' });
  expect(findings[0]?.message).toMatch(/^ISA16.* seems to be missing/);
  expect(verdicts(content)).toEqual(['rejected']);
});

describe('what stands between interchanges and is none', () => {
  const first = document({ isa13: '000000101' });
  const second = document({ isa13: '000000102' });
  const third = document({ isa13: '000000103', separator: '|', terminator: '\n' });
  const verdictsOf = (content: string) =>
    interchangesOf(split(content)).map(({ interchange, verdict }) => `${interchange.controlNumber} ${verdict}`);

  const garbage: readonly (readonly [string, string])[] = [
    ['a few words', 'garbage'],
    ['a long text and a line break', `${'lorem ipsum '.repeat(20)}\r\n`],
    ['an ISA that is too short', `ISA*00**00**ZZ*NORTHWIND*ZZ*STAGING*261123~GS*PO~${setOf()}GE*1*1~IEA*1*1~`],
    ['the cut beginning of an interchange', `${first.slice(0, 60)}\n`],
    ['a text that mentions ISA', 'see ISA*00*, and ISA ISA ISA\n'],
  ];

  test.each(garbage)('is passed over and told: %s', (_, text) => {
    const content = `${first}${text}${second}`;
    expect(verdictsOf(content)).toEqual(['000000101 accepted', '000000102 accepted']);
    const findings = split(content).flatMap((event) => (event.kind === 'document_end' ? event.findings : []));
    expect(findings.map(({ code }) => code)).toContain('X12.DOCUMENT.SKIPPED');
    expect(findings[0]).toMatchObject({ disposition: 'reject', location: { offset: first.length } });
    const skipped = findings.find(({ code }) => code === 'X12.DOCUMENT.SKIPPED');
    expect(skipped?.message).toContain(`at byte ${first.length + text.length}.`);
  });

  test('leaves what follows a broken ISA at the very beginning', () => {
    const content = `${first.replace('NORTHWIND      ', 'NORTHWIND')}${second}`;
    expect(verdictsOf(content)).toEqual(['000000102 accepted']);
    expect(codesOf(split(content))).toEqual(['X12.ISA.LAYOUT', 'X12.DOCUMENT.SKIPPED']);
  });

  test('never makes an order of what a broken interchange quotes', () => {
    const broken = (text: string) =>
      document({ sets: [setOf('0001', [...ORDER, `MSG*${text}`, 'CTT*1'])] }).replace('NORTHWIND      ', 'NORTHWIND');
    expect(verdictsOf(`${first}${broken(third.replaceAll('\n', '!'))}${second}`)).toEqual([
      '000000101 accepted',
      '000000102 accepted',
    ]);
    expect(verdictsOf(`${first}${broken(`\n${third}`)}${second}`)).toEqual([
      '000000101 accepted',
      '000000103 rejected',
      '000000102 accepted',
    ]);
    expect(codesOf(split(broken(`\n${third}`)))).toContain('X12.INTERCHANGE.DOUBTFUL');
  });

  test('is found in pieces of any size', () => {
    const contents = garbage.map(([, text]) => Buffer.from(`${first}${text}${second}${text}${third}`, 'latin1'));
    fc.assert(
      fc.property(fc.constantFrom(...contents), fc.integer({ min: 1, max: 150 }), (bytes, size) => {
        expect(split(bytes, {}, size)).toEqual(split(bytes));
      }),
      { numRuns: 60 },
    );
  });

  test('takes no longer the more it resembles an ISA', () => {
    const began = performance.now();
    const events = split(Buffer.from(`${first}${'ISA'.repeat(1_000_000)}\n${second}`));
    expect(interchangesOf(events).map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted']);
    expect(performance.now() - began).toBeLessThan(60_000);
  });
});

describe('limits', () => {
  test('refuse 20 MB without a terminator at once', () => {
    const start = Buffer.from(document().slice(0, 106));
    const events = split(Buffer.concat([start, Buffer.alloc(20 * 1024 * 1024, 'x')]), {}, 1 << 20);
    expect(codesOf(events)).toEqual(['X12.IEA.MISSING', 'X12.DOCUMENT.SEGMENT_TOO_LARGE']);
  });

  test('refuse a set that is too large, and take the next', () => {
    const large = setOf('0002', [...ORDER, ...Array.from({ length: 100 }, () => `MSG*${'x'.repeat(100)}`)]);
    const content = document({ sets: [setOf('0001'), large, setOf('0003')] });
    const events = split(content, {}, 50, { limits: { maxSetBytes: 5000 } });
    expect(setsOf(events).map(({ findings }) => findings.map(({ code }) => code))).toEqual([
      [],
      ['X12.SET.TOO_LARGE'],
      [],
    ]);
    expect(setsOf(events).map(({ bytes }) => bytes.length)).toEqual([setOf().length, 0, setOf().length]);
  });

  test('reject the interchange in which the document becomes too large', () => {
    const events = split(document(), {}, 10, { limits: { maxDocumentBytes: 200 } });
    expect(interchangesOf(events)[0]?.verdict).toBe('rejected');
    expect(codesOf(events)).toContain('X12.DOCUMENT.TOO_LARGE');
  });
});

describe('two passes', () => {
  async function* stream(content: string) {
    for (const piece of content.match(/.{1,50}/gs) ?? []) yield Buffer.from(piece, 'latin1');
  }
  const options = { profile: profileOf().x12 as X12Profile };

  test('take only sets whose interchange and group were seen to be whole', async () => {
    const content =
      document() + document({ isa13: '000000102', ge: 'GE*9*101~' }) + document({ isa13: '000000103', iea: '' });
    const envelopes = await readEnvelopes(stream(content), options);
    const taken: string[] = [];
    for await (const event of splitX12(stream(content), options)) {
      if (event.kind !== 'transaction_set') continue;
      if (isGroupAccepted(envelopes, event.interchange, event.group)) taken.push(event.interchange.controlNumber);
    }
    expect(taken).toEqual(['000000101']);
  });
});
