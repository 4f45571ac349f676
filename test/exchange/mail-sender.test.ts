import { afterEach, describe, expect, test } from '@jest/globals';
import { createMailSender, type Letter } from '../../exchange/mail-sender.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';

const LETTER: Letter = { id: '0190-a', to: 'pat@example.com', subject: 'Order 1', text: 'Größe 10 is wrong.\n' };
const FROM = 'Orders <orders@staging.example>';

let boxes: Mailbox[] = [];
afterEach(async () => {
  await Promise.all(boxes.map((box) => box.close()));
  boxes = [];
});
async function givenMailbox(...options: Parameters<typeof openMailbox>): Promise<Mailbox> {
  const box = await openMailbox(...options);
  boxes.push(box);
  return box;
}
/** A host that is this machine but is not known to be: how the numbers of an address may be written, too. */
const STRANGER = '127.1';
const send = (authority: string, letter: Partial<Letter> = {}, scheme = 'smtp') =>
  createMailSender({ url: `${scheme}://${authority}`, from: FROM, timeoutMs: 1500 })({ ...LETTER, ...letter });
const refusal = (responseCode: number) => Object.assign(new Error('pat@example.com is unknown'), { responseCode });

describe('a letter', () => {
  test('is handed to the mail server with its id, and says that a program wrote it', async () => {
    const box = await givenMailbox();
    expect(await send(`127.0.0.1:${String(box.port)}`)).toEqual({ kind: 'delivered' });
    const [letter] = box.letters;
    expect(letter).toMatchObject({ from: 'orders@staging.example', to: ['pat@example.com'] });
    expect(letter?.text.replaceAll('\r\n', '\n').trimEnd()).toBe('Größe 10 is wrong.');
    expect(Object.fromEntries(letter?.headers ?? [])).toMatchObject({
      from: FROM,
      to: 'pat@example.com',
      subject: 'Order 1',
      'message-id': '<0190-a@staging.example>',
      'auto-submitted': 'auto-generated',
      'content-type': 'text/plain; charset=utf-8',
    });
  });

  test('goes to the one address that was meant, and has no other headers, whatever stands in it', async () => {
    const box = await givenMailbox();
    const hostile = {
      subject: 'Order 1\r\nBcc: thief@example.com\r\n\r\nForged text',
      text: 'text\r\n.\r\nMAIL FROM:<thief@example.com>\r\n',
    };
    expect(await send(`127.0.0.1:${String(box.port)}`, hostile)).toEqual({ kind: 'delivered' });
    expect(box.letters).toHaveLength(1);
    expect(box.letters[0]?.to).toEqual(['pat@example.com']);
    expect(box.letters[0]?.headers.has('bcc')).toBe(false);
    expect(box.letters[0]?.text).toContain('MAIL FROM:<thief@example.com>');
    for (const to of ['pat@example.com, thief@example.com', 'pat@example.com>\r\nRCPT TO:<thief@example.com'])
      await send(`127.0.0.1:${String(box.port)}`, { to });
    expect(box.letters.flatMap((letter) => letter.to)).not.toContain('thief@example.com');
  });

  test('is handed over with user and password', async () => {
    const box = await givenMailbox({ authOptional: false });
    expect(await send(`us%40er:right@127.0.0.1:${String(box.port)}`)).toEqual({ kind: 'delivered' });
    expect(box.letters[0]?.user).toBe('us@er');
    const wrong = await send(`user:wrong@127.0.0.1:${String(box.port)}`);
    expect(wrong).toEqual({ kind: 'failed', code: 'smtp_535', about: 'destination' });
  });
});

describe('without TLS that can be trusted', () => {
  const sees: string[] = [];
  const onAuth: NonNullable<Parameters<typeof openMailbox>[0]>['onAuth'] = (auth, _, done) => {
    sees.push(auth.username ?? '');
    done(null, { user: auth.username });
  };

  test('nothing is handed to a server elsewhere that offers none', async () => {
    const box = await givenMailbox({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], onAuth });
    const sent = await send(`user:right@${STRANGER}:${String(box.port)}`);
    expect(sent).toMatchObject({ kind: 'failed', about: 'destination' });
    expect([box.letters, sees]).toEqual([[], []]);
  });

  test('nothing is handed to one whose certificate is its own', async () => {
    const box = await givenMailbox({ onAuth });
    expect(await send(`user:right@${STRANGER}:${String(box.port)}`)).toMatchObject({ kind: 'failed' });
    const tls = await givenMailbox({ secure: true, onAuth });
    expect(await send(`user:right@${STRANGER}:${String(tls.port)}`, {}, 'smtps')).toMatchObject({ kind: 'failed' });
    expect([box.letters, tls.letters, sees]).toEqual([[], [], []]);
  });
});

describe('a letter that is not taken', () => {
  test.each([
    ['the address is unknown', 550, { about: 'message', isFinal: true }],
    ['come again later', 450, { about: 'destination' }],
  ])('because %s', async (_, code, expected) => {
    const box = await givenMailbox({ onRcptTo: (_address, _session, done) => done(refusal(code)) });
    const sent = await send(`127.0.0.1:${String(box.port)}`);
    expect(sent).toEqual({ kind: 'failed', code: `smtp_${String(code)}`, ...expected });
    expect(JSON.stringify(sent)).not.toContain('pat@');
  });

  test('because of its content, or because we are not taken as a sender', async () => {
    const content = await givenMailbox({
      onData: (stream, _, done) => {
        stream.resume().on('end', () => done(refusal(554)));
      },
    });
    const about = { code: 'smtp_554', about: 'message', isFinal: true };
    expect(await send(`127.0.0.1:${String(content.port)}`)).toMatchObject(about);
    const sender = await givenMailbox({ onMailFrom: (_address, _session, done) => done(refusal(553)) });
    const other = await send(`127.0.0.1:${String(sender.port)}`);
    expect(other).toEqual({ kind: 'failed', code: 'smtp_553', about: 'destination' });
  });

  test('because nobody answers, or not in time', async () => {
    const gone = await openMailbox();
    await gone.close();
    expect(await send(`127.0.0.1:${String(gone.port)}`)).toMatchObject({ kind: 'failed', about: 'destination' });
    const silent = await givenMailbox({ onConnect: () => undefined });
    expect(await send(`127.0.0.1:${String(silent.port)}`)).toMatchObject({ kind: 'failed', code: 'etimedout' });
  });

  test('because each answer comes in time, and all of them together do not', async () => {
    const slow = (done: () => void) => void setTimeout(done, 450);
    const tarpit = await givenMailbox({
      onAuth: ({ username }, _, done) => slow(() => done(null, { user: username })),
      onMailFrom: (_address, _session, done) => slow(done),
      onRcptTo: (_address, _session, done) => slow(done),
      onData: (stream, _, done) => slow(() => stream.resume().on('end', done)),
    });
    const url = `smtp://user:right@127.0.0.1:${String(tarpit.port)}`;
    const begin = Date.now();
    const sent = await createMailSender({ url, from: FROM, timeoutMs: 550 })(LETTER);
    expect(sent).toEqual({ kind: 'failed', code: 'etimedout', about: 'destination' });
    expect(Date.now() - begin).toBeGreaterThan(1600);
  });
});
