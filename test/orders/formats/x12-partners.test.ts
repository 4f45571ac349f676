import { describe, expect, test } from '@jest/globals';
import { locateX12Field, parseX12Order } from '../../../orders/formats/x12-850.ts';
import { getX12Profile, x12Reader } from '../../../orders/formats/x12-documents.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';
import { codesOf, document, interchangesOf, ORDER, profileOf, setOf, setsOf, split } from './x12-document.ts';

/* 850s as partners write them: what becomes of each, and what is told of it. */

const CONTEXT = {
  offset: 0,
  delimiters: { element: '*', segment: '~', component: '>', repetition: null },
  version: '004010',
  usage: 'P',
} as const;

const parse = (segments: readonly string[], profile = profileOf()) => {
  const { order, findings } = parseX12Order(Buffer.from(setOf('0001', segments)), CONTEXT, profile);
  return { order, told: findings.map(({ code, path }) => `${code} ${path}`), messages: findings.map(({ message }) => message), findings };
}; // prettier-ignore
/** The short order with further segments before the one that is named. */
const before = (id: string, ...segments: readonly string[]): readonly string[] =>
  ORDER.flatMap((segment) => (segment.startsWith(`${id}*`) ? [...segments, segment] : [segment]));
const instead = (id: string, ...segments: readonly string[]): readonly string[] =>
  ORDER.flatMap((segment) => (segment.startsWith(`${id}*`) ? segments : [segment]));

describe('an 850 that lacks something', () => {
  test('is told what, and where it should stand', () => {
    expect(parse(ORDER.slice(1))).toMatchObject({ order: null, messages: [expect.stringContaining('BEG is missing')] });
    expect(parse(ORDER.slice(0, 2)).told).toEqual(['X12.SEGMENT.MISSING /lines']);
    const late = ['REF*DP*1', ...ORDER];
    expect(parse(late).told).toEqual(['X12.SEGMENT.SEQUENCE ']);
  });

  test('and has no party at all belongs to nobody', () => {
    const { told, findings } = parse(instead('N1'));
    expect(told).toEqual(['X12.CUSTOMER.UNMAPPED /customerId']);
    expect(findings[0]).toMatchObject({ evidence: 'none', location: { segment: 'N1' } });
  });

  test('and counts nothing is told once, behind its last line', () => {
    const { findings } = parse(instead('CTT'));
    expect(findings).toMatchObject([{ code: 'X12.ORDER.COUNT_MISSING', location: { segment: 'CTT' } }]);
  });

  test('and has no currency is asked for one', () => {
    expect(parse(ORDER, profileOf({}, {})).told).toEqual(['X12.ORDER.CURRENCY /currency']);
  });

  test('and is not there at all has its place at its beginning', () => {
    expect(locateX12Field(Buffer.from(''), CONTEXT, profileOf(), '/lines')).toEqual({ offset: 0, segment: 'ST', segmentPosition: 1 });
    expect(locateX12Field(Buffer.from(setOf()), CONTEXT, profileOf(), '/nowhere/at/all')).toMatchObject({ segment: 'BEG' });
  }); // prettier-ignore
});

describe('what an 850 says of its whole', () => {
  const total = (...segments: readonly string[]) => {
    const { order, told } = parse([...ORDER, ...segments]);
    return [order?.total, ...told];
  };

  test('may be of the goods alone, and is checked where it is of the lines', () => {
    expect(total('AMT*GV*15.00')).toEqual(['15.00']);
    expect(total('AMT*TT*15.00')).toEqual(['15.00']);
    expect(total('AMT*1*15.00')).toEqual(['15.00']);
    expect(total('AMT*1*14.00')).toEqual(['15.00', 'X12.ORDER.LINES_TOTAL /total']);
    expect(total('AMT*TT*14.00')).toEqual(['14.00', 'X12.ORDER.TOTAL /total']);
  });

  test('leaves charges out where it is the value of the goods', () => {
    const segments = before('PO1', 'SAC*C*D240***1250');
    expect(parse([...segments, 'AMT*GV*15.00'])).toMatchObject({ order: { total: '27.50' }, told: [] });
  });

  test('is found behind the last line where no CTT begins the summary', () => {
    const segments = [...instead('CTT'), 'AMT*TT*15.00'];
    expect(parse(segments)).toMatchObject({ order: { total: '15.00' }, told: ['X12.ORDER.COUNT_MISSING '] });
  });
});

describe('terms of payment', () => {
  const terms = (...itd: readonly string[]): unknown => parse(before('N1', ...itd)).order?.payment;

  test('are net days, as a number or in words', () => {
    expect(terms('ITD*01*3*****30')).toEqual({ method: 'terms', terms: 'NET30' });
    expect(terms('ITD*01*3**********2% 10, net 30 days')).toEqual({ method: 'terms', terms: 'NET30' });
    expect(terms('ITD*01*3**********as agreed')).toEqual({ method: 'terms', terms: null });
    expect(terms()).toEqual({ method: 'terms', terms: null });
  });
});

describe('parties', () => {
  test('have what is there of them', () => {
    expect(parse(before('PO1', 'N1*ST', 'N2*Dock 4*', 'N3**1 Harbor Way', 'N4')).order?.shipTo).toEqual({
      id: null, name: null, lines: ['Dock 4', '1 Harbor Way'], city: null, region: null, postalCode: null, country: null,
    });
    expect(parse(before('PO1', 'N1*ST*Shop', 'N4*Oakland**94607')).order?.shipTo).toMatchObject({
      name: 'Shop', city: 'Oakland', region: null, postalCode: '94607',
    });
  }); // prettier-ignore

  test('are asked by name, by mail or by phone; a contact without any of them is none', () => {
    const contact = (per: string): unknown => parse(before('N1', per)).order?.contact;
    expect(contact('PER*BD*Ann Lee')).toEqual({ name: 'Ann Lee', email: null, phone: null });
    expect(contact('PER*BD**EM*ann@northwind.example')).toEqual({ name: null, email: 'ann@northwind.example', phone: null });
    expect(contact('PER*BD**TE*5551234567')).toEqual({ name: null, email: null, phone: '5551234567' });
    expect(contact('PER*BD**FX*5551234567')).toBeNull();
  }); // prettier-ignore
});

describe('lines that are split', () => {
  const lines = (...segments: readonly string[]) => {
    const { order, told } = parse(before('CTT', ...segments));
    return { told, lines: order?.lines.map(({ line, quantity, requestedDeliveryDate: date }) => `${line}: ${quantity} ${date ?? ''}`) };
  }; // prettier-ignore

  test('by date have those dates that are requested, and none for nothing', () => {
    expect(lines('SCH*4*EA***002*20261201', 'SCH*6*EA***002*20261208').lines).toEqual(['1/1: 4 2026-12-01', '1/2: 6 2026-12-08']);
    expect(lines('SCH*4*EA***002*20261201', 'SCH*6*EA')).toEqual({ told: [], lines: ['1/1: 4 2026-12-01', '1/2: 6 '] });
    expect(lines('SCH*4*EA***002*20261201', 'SCH*6*EA', 'SCH*0*EA***002*20261231').lines).toEqual(['1/1: 4 2026-12-01', '1/2: 6 ']);
    expect(lines('SCH*4*EA***002*20261201', 'SCH*6*EA***010*soon').told).toEqual(['X12.ELEMENT.DATE_IGNORED /lines/0/requestedDeliveryDate']);
    expect(lines('SCH**EA***002*20261201').told).toContain('X12.ELEMENT.MISSING /lines/0/quantity');
  }); // prettier-ignore

  test('by place have the one date of the schedule; split by both cannot be told apart', () => {
    const places = 'SDQ*EA*92*S01*4*S02*6';
    expect(lines(places, 'SCH*10*EA***002*20261201').lines).toEqual(['1/1: 4 2026-12-01', '1/2: 6 2026-12-01']);
    expect(lines(places, 'SCH*4*EA***002*20261201', 'SCH*6*EA***002*20261208')).toMatchObject({ told: ['X12.LINE.SPLIT_TWICE /lines/0'] });
  }); // prettier-ignore

  test('without a unit are in pieces, and that is told', () => {
    expect(parse(instead('PO1', 'PO1*1*10**1.50**VN*SKU-1'))).toMatchObject({
      told: ['X12.LINE.UNIT_MISSING /lines/0/unit'],
      order: { lines: [{ unit: 'EA' }] },
    });
  });
});

describe('envelopes', () => {
  test('may hold nothing, and are told so', () => {
    const events = split(document({ sets: [] }));
    expect(interchangesOf(events)[0]?.groups[0]?.findings.map(({ code }) => code)).toEqual(['X12.INTERCHANGE.EMPTY']);
  });

  test('whose addresses hold a separator are refused, and told at which element', () => {
    const events = split(document({ partner: 'NORTH*WIND' }));
    const found = events.flatMap((event) => ('findings' in event ? event.findings : []));
    expect(found).toMatchObject([{ code: 'X12.ISA.LAYOUT', location: { element: 16 } }]);
  }); // prettier-ignore

  test('have all card numbers masked, of which a hundred are told', () => {
    const cards = before('N1', ...Array.from({ length: 120 }, () => 'NTE**4111111111111111'));
    const { bytes, findings } = x12Reader.mask(Buffer.from(document({ sets: [setOf('0001', cards)] })), profileOf());
    expect(Buffer.from(bytes).toString()).not.toContain('411111');
    expect(findings).toHaveLength(100);
  });

  test('without the ends of sets and groups say which are missing', () => {
    const cut = document({ sets: [setOf().replace(/SE\*.*~/, '')], ge: '' });
    expect(codesOf(split(cut))).toEqual(expect.arrayContaining(['X12.SE.MISSING', 'X12.GE.MISSING']));
  });

  test('hold orders of a size that is agreed, in pieces of any size', () => {
    const long = setOf('0001', before('CTT', ...Array.from({ length: 200 }, () => 'PID*F****A long description of what is ordered')));
    for (const piece of [1, 64, Infinity]) {
      const events = split(document({ sets: [long, setOf('0002')] }), {}, piece, { limits: { maxSetBytes: 2000, maxSegmentBytes: 500 } });
      expect(setsOf(events).map(({ bytes, findings }) => [bytes.length > 0, ...findings.map(({ code }) => code)])).toEqual([[false, 'X12.SET.TOO_LARGE'], [true]]);
    }
  }); // prettier-ignore
});

describe('a dry run of an X12 document', () => {
  test('needs an interchange, and a source that sends X12', () => {
    expect(x12Reader.inspect(Buffer.from(document()), profileOf()).findings).toEqual([]);
    expect(x12Reader.inspect(Buffer.from('PO-1;A;1'), profileOf()).findings).toMatchObject([{ code: 'X12.NO_INTERCHANGE' }]);
    const shop = sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce' });
    expect(() => getX12Profile(shop)).toThrow('source "web-shop" has no X12 partner profile');
  }); // prettier-ignore
});
