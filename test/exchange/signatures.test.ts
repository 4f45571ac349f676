import { describe, expect, test } from '@jest/globals';
import {
  isSameSecret,
  isSignedByShopify,
  isSignedByStandard,
  isSignedByWooCommerce,
  isStandardSecret,
  REPLAY_WINDOW_SECONDS,
  signBase64,
  signStandard,
} from '../../exchange/signatures.ts';

/** The vector that the specification's own libraries are tested with. */
const PUBLISHED = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  headers: {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: '1614265330',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  body: Buffer.from('{"test": 2432232314}'),
};
const OTHER = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX';
const AT = new Date(1_614_265_330_000);
const later = (seconds: number): Date => new Date(AT.getTime() + seconds * 1000);

/** Text that an encoding would change: verified are the bytes. */
const BODY = Buffer.from('{"note":"na\\u00efve \\/ Größe 10","n":12345678901234567890}');

describe('Standard Webhooks', () => {
  const { secret, headers, body } = PUBLISHED;
  const isSigned = (changed: Partial<typeof headers>, bytes: Uint8Array = body, secrets = [secret], now = AT) =>
    isSignedByStandard(secrets, { ...headers, ...changed }, bytes, now);

  test('gives the published signature, and takes it', () => {
    expect(signStandard(secret, headers.id, headers.timestamp, body)).toBe(headers.signature);
    expect(isSigned({})).toBe(true);
  });

  test('takes nothing that was changed', () => {
    expect(isSigned({ id: 'msg_p5jXN8AQM9LWM0D4loKWxJeK' })).toBe(false);
    expect(isSigned({ timestamp: '1614265331' })).toBe(false);
    expect(isSigned({}, Buffer.from('{"test": 2432232315}'))).toBe(false);
    expect(isSigned({ signature: headers.signature.slice(0, -2) })).toBe(false);
    expect(isSigned({ signature: '' })).toBe(false);
  });

  test('takes a message of which any signature fits any of two secrets', () => {
    const ours = signStandard(OTHER, headers.id, headers.timestamp, body);
    expect(isSigned({ signature: `v1,AAAA ${ours} v1a,BBBB` }, body, [secret, OTHER])).toBe(true);
    expect(isSigned({ signature: `${ours} ${headers.signature}` })).toBe(true);
    expect(isSigned({ signature: ours })).toBe(false);
  });

  test('takes no signature of another version, even if its bytes fit', () => {
    expect(isSigned({ signature: headers.signature.replace('v1,', 'v2,') })).toBe(false);
    expect(isSigned({ signature: headers.signature.replace('v1,', '') })).toBe(false);
  });

  test('takes a moment within five minutes, before and after', () => {
    for (const side of [-1, 1]) {
      expect(isSigned({}, body, [secret], later(side * REPLAY_WINDOW_SECONDS))).toBe(true);
      expect(isSigned({}, body, [secret], later(side * (REPLAY_WINDOW_SECONDS + 1)))).toBe(false);
    }
  });

  test.each(['1614265330.0', '+1614265330', ' 1614265330', '0x60381472', '1.614265330e9', '', '١٦١٤٢٦٥٣٣٠', 'NaN'])(
    'takes no timestamp but digits: "%s"',
    (timestamp) => {
      const signature = signStandard(secret, headers.id, timestamp, body);
      expect(isSigned({ timestamp, signature })).toBe(false);
    },
  );

  test('without a secret nothing is signed', () => {
    expect(isSigned({}, body, [])).toBe(false);
  });

  test('knows a secret by its form', () => {
    expect([secret, OTHER].map(isStandardSecret)).toEqual([true, true]);
    expect(['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_', 'whsec_c2hvcnQ=', 'whsec_%%%'].map(isStandardSecret)).toEqual(
      [false, false, false, false],
    );
  });
});

describe('web shops', () => {
  // Computed with openssl: printf … | openssl dgst -sha256 -hmac 'a shop secret' -binary | base64
  const SHOPIFY = 'dFKjDP4Sh22I7ny4R3oHEXLxN5/rUIAOQCV47yPNTg8=';
  const WOO = 'ZIZJuagmynp3iZEDrpP+ePDRBw/0AACmHyofUK5noSE=';

  test('a signature of Shopify fits the bytes and one of two secrets', () => {
    expect(isSignedByShopify(['a shop secret'], SHOPIFY, BODY)).toBe(true);
    expect(isSignedByShopify(['the next one', 'a shop secret'], SHOPIFY, BODY)).toBe(true);
    expect(isSignedByShopify(['the next one'], SHOPIFY, BODY)).toBe(false);
    expect(isSignedByShopify(['a shop secret'], SHOPIFY, Buffer.concat([BODY, Buffer.from('\n')]))).toBe(false);
    expect(isSignedByShopify(['a shop secret'], '', BODY)).toBe(false);
    expect(isSignedByShopify([], SHOPIFY, BODY)).toBe(false);
  });

  test('a secret of WooCommerce is what its HTML stands for', () => {
    expect(isSignedByWooCommerce([`a<b>&"c'd`], WOO, BODY)).toBe(true);
    expect(isSignedByWooCommerce(['a&lt;b&gt;&amp;&quot;c&#039;d'], WOO, BODY)).toBe(true);
    expect(isSignedByWooCommerce(['a&lt;b&gt;&amp;&quot;c&#x27;d'], WOO, BODY)).toBe(true);
    expect(isSignedByWooCommerce(['a&amp;lt;b>&"c&#39;d'], WOO, BODY)).toBe(false);
  });

  test('an entity is decoded once', () => {
    expect(isSignedByWooCommerce(['&amp;lt;'], signBase64('&lt;', BODY), BODY)).toBe(true);
    expect(isSignedByWooCommerce(['&amp;lt;'], signBase64('<', BODY), BODY)).toBe(false);
  });
});

test('secrets of any length can be compared', () => {
  expect(isSameSecret('same', 'same')).toBe(true);
  expect(isSameSecret('same', 'same!')).toBe(false);
  expect(isSameSecret('', 'same')).toBe(false);
});
