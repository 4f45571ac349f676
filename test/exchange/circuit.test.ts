import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  type CircuitChange,
  CircuitOpen,
  type CircuitOptions,
  createCircuit,
  type Silence,
} from '../../exchange/circuit.ts';

const START = Date.parse('2026-03-02T08:00:00.000Z');
beforeEach(() => {
  jest.useFakeTimers({ now: START });
});
afterEach(() => {
  jest.useRealTimers();
});

class Silent extends Error {
  readonly silence: Silence;
  constructor(silence: Partial<Silence> = {}) {
    super('no answer');
    this.silence = { why: 'connection failed', ...silence };
  }
}
const silenceOf = (error: unknown): Silence | undefined => (error instanceof Silent ? error.silence : undefined);

/** A circuit to a system whose behaviour a test sets, and what came of it. */
function open(options: Partial<CircuitOptions> = {}) {
  const changes: CircuitChange[] = [];
  const circuit = createCircuit('shop', { silenceOf, onChange: (change) => changes.push(change), ...options });
  let calls = 0;
  const run = <T>(behave: () => Promise<T> | T): Promise<T> =>
    circuit.run(async () => {
      calls += 1;
      return behave();
    });
  const fail = (silence?: Partial<Silence>): Promise<unknown> =>
    run(() => {
      throw new Silent(silence);
    }).catch((error: unknown) => error);
  const succeed = (): Promise<unknown> => run(() => 'answer').catch((error: unknown) => error);
  const failOften = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i += 1) await fail();
  };
  return { ...circuit, changes, run, fail, succeed, failOften, countCalls: () => calls };
}

describe('a circuit', () => {
  test('gives what the call gives, and its error as it is', async () => {
    const { run, read } = open();
    expect(await run(() => 42)).toBe(42);
    const refused = new Error('refused');
    await expect(run(() => Promise.reject(refused))).rejects.toBe(refused);
    expect(read()).toEqual({ system: 'shop', state: 'closed' });
  });

  test('opens after five calls in a row without an answer, and then calls nobody', async () => {
    const circuit = open();
    await circuit.failOften(4);
    expect(circuit.read().state).toBe('closed');
    expect(await circuit.fail()).toBeInstanceOf(Silent);
    const refusal = await circuit.succeed();
    expect(refusal).toBeInstanceOf(CircuitOpen);
    expect(refusal).toMatchObject({ message: 'shop is not called for now: connection failed' });
    expect(refusal).toMatchObject({ retryAfterSeconds: undefined });
    expect(circuit.countCalls()).toBe(5);
  });

  test.each(['an answer', 'a refusal'])('begins to count anew after %s', async (kind) => {
    const circuit = open();
    await circuit.failOften(4);
    const refuse = (): Promise<never> => Promise.reject(new Error('refused'));
    await circuit.run(kind === 'an answer' ? () => 'answer' : refuse).catch(() => undefined);
    await circuit.failOften(4);
    expect(circuit.read().state).toBe('closed');
    await circuit.fail();
    expect(circuit.read().state).toBe('open');
  });

  test('never opens for refusals, however many', async () => {
    const circuit = open();
    for (let i = 0; i < 50; i += 1) {
      await circuit.run(() => Promise.reject(new Error('refused'))).catch(() => undefined);
    }
    expect(circuit.read().state).toBe('closed');
  });

  test('lets one call through after the pause, and nobody beside it', async () => {
    const circuit = open();
    await circuit.failOften(5);
    jest.setSystemTime(START + 14_999);
    expect(await circuit.succeed()).toBeInstanceOf(CircuitOpen);
    jest.setSystemTime(START + 15_000);
    let answer: (value: string) => void = () => undefined;
    const trial = circuit.run(() => new Promise<string>((resolve) => (answer = resolve)));
    expect(await circuit.succeed()).toBeInstanceOf(CircuitOpen);
    answer('back');
    expect(await trial).toBe('back');
    expect(await circuit.succeed()).toBe('answer');
    expect(circuit.countCalls()).toBe(7);
  });

  test('pauses again after a try that is not answered, and closes on one that is refused: that is an answer', async () => {
    const circuit = open();
    await circuit.failOften(5);
    jest.setSystemTime(START + 15_000);
    expect(await circuit.fail()).toBeInstanceOf(Silent);
    jest.setSystemTime(START + 29_999);
    expect(await circuit.succeed()).toBeInstanceOf(CircuitOpen);
    jest.setSystemTime(START + 30_000);
    await expect(circuit.run(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(circuit.read().state).toBe('closed');
  });

  test('opens again on the first failure after it closed, and on the fifth once somebody was answered', async () => {
    const circuit = open();
    await circuit.failOften(5);
    jest.setSystemTime(START + 15_000);
    await circuit.succeed();
    await circuit.fail();
    expect(circuit.read().state).toBe('open');
    jest.setSystemTime(START + 30_000);
    await circuit.succeed();
    await circuit.succeed();
    await circuit.failOften(4);
    expect(circuit.read().state).toBe('closed');
  });

  test('tells each change once, not every try', async () => {
    const circuit = open();
    await circuit.failOften(7);
    jest.setSystemTime(START + 15_000);
    await circuit.fail();
    jest.setSystemTime(START + 30_000);
    await circuit.succeed();
    expect(circuit.changes).toEqual([
      { system: 'shop', state: 'open', why: 'connection failed', until: '2026-03-02T08:00:15.000Z' },
      { system: 'shop', state: 'closed' },
    ]);
  });
});

test('an outcome that is no error can be a silence as well', async () => {
  type Sent = { readonly kind: 'delivered' | 'failed' };
  const why = { why: 'status 503', retryAfterSeconds: 60 };
  const circuit = open({ silenceOf: (sent) => ((sent as Sent).kind === 'failed' ? why : undefined) });
  expect(await circuit.run(() => ({ kind: 'delivered' }))).toEqual({ kind: 'delivered' });
  expect(await circuit.run(() => ({ kind: 'failed' }))).toEqual({ kind: 'failed' });
  expect(circuit.read()).toMatchObject({ state: 'open', until: '2026-03-02T08:01:00.000Z' });
});

describe('a system that asks to be left alone', () => {
  test('is left alone at once, and not called before its time', async () => {
    const circuit = open();
    await circuit.fail({ retryAfterSeconds: 60, why: 'status 503' });
    expect(circuit.read()).toMatchObject({ state: 'open', why: 'status 503', until: '2026-03-02T08:01:00.000Z' });
    jest.setSystemTime(START + 59_500);
    expect(await circuit.succeed()).toMatchObject({ name: 'CircuitOpen', retryAfterSeconds: 1 });
    jest.setSystemTime(START + 60_000);
    expect(await circuit.succeed()).toBe('answer');
    expect(circuit.countCalls()).toBe(2);
  });

  test('may ask for less than the pause', async () => {
    const circuit = open();
    await circuit.fail({ retryAfterSeconds: 3 });
    jest.setSystemTime(START + 3000);
    expect(await circuit.succeed()).toBe('answer');
  });

  test('is not left alone for a moment of a second: that is for the caller to wait', async () => {
    const circuit = open();
    await circuit.fail({ retryAfterSeconds: 1 });
    expect(circuit.read().state).toBe('closed');
  });

  test('is asked after an hour, whatever it asked for', async () => {
    const circuit = open();
    await circuit.fail({ retryAfterSeconds: 86_400 });
    jest.setSystemTime(START + 3_599_999);
    expect(await circuit.succeed()).toMatchObject({ retryAfterSeconds: 1 });
    jest.setSystemTime(START + 3_600_000);
    expect(await circuit.succeed()).toBe('answer');
  });

  test('gets the longest time of those that calls under way brought back', async () => {
    const circuit = open();
    const late = circuit.run(async () => {
      await new Promise((done) => setTimeout(done, 2000));
      throw new Silent({ retryAfterSeconds: 60 });
    });
    const told = expect(late).rejects.toBeInstanceOf(Silent);
    await circuit.fail({ retryAfterSeconds: 5 });
    await jest.advanceTimersByTimeAsync(2000);
    await told;
    jest.setSystemTime(START + 61_999);
    expect(await circuit.succeed()).toBeInstanceOf(CircuitOpen);
    jest.setSystemTime(START + 62_000);
    expect(await circuit.succeed()).toBe('answer');
  });

  test('gets the pause if it is not back at its time and names no other', async () => {
    const circuit = open();
    await circuit.fail({ retryAfterSeconds: 60 });
    jest.setSystemTime(START + 60_000);
    await circuit.fail();
    expect(await circuit.succeed()).toMatchObject({ name: 'CircuitOpen', retryAfterSeconds: undefined });
    expect(circuit.read()).toMatchObject({ until: '2026-03-02T08:01:15.000Z' });
  });
});

describe('a circuit with a probe', () => {
  /** Answers as a test says; a promise that stays open is a system that hangs. */
  function openWithProbe() {
    const probe = jest.fn<() => Promise<unknown>>(() => Promise.resolve());
    return { probe, ...open({ probe }) };
  }
  const silent = (): Promise<never> => Promise.reject(new Silent());

  test('asks the probe after the pause, and makes the call as soon as it answers', async () => {
    const circuit = openWithProbe();
    await circuit.failOften(5);
    jest.setSystemTime(START + 15_000);
    circuit.probe.mockImplementationOnce(silent);
    expect(await circuit.succeed()).toBeInstanceOf(CircuitOpen);
    jest.setSystemTime(START + 30_000);
    expect(await Promise.all([circuit.succeed(), circuit.succeed()])).toEqual(['answer', 'answer']);
    expect(circuit.probe).toHaveBeenCalledTimes(2);
    expect(circuit.countCalls()).toBe(7);
  });

  test('waits for a slow probe no longer than calls have patience; its answer closes the circuit all the same', async () => {
    const circuit = openWithProbe();
    await circuit.failOften(5);
    jest.setSystemTime(START + 15_000);
    circuit.probe.mockImplementationOnce(() => new Promise((done) => setTimeout(done, 3000)));
    const early = circuit.succeed();
    await jest.advanceTimersByTimeAsync(400);
    expect(await early).toBeInstanceOf(CircuitOpen);
    await jest.advanceTimersByTimeAsync(2600);
    expect(circuit.read().state).toBe('closed');
    expect(circuit.probe).toHaveBeenCalledTimes(1);
  });

  test('does not open for what is wrong with one call alone: the probe answers', async () => {
    const circuit = openWithProbe();
    for (let i = 0; i < 50; i += 1) expect(await circuit.fail({ doubtful: true })).toBeInstanceOf(Silent);
    expect(circuit.read().state).toBe('closed');
    expect(circuit.probe.mock.calls.length).toBeGreaterThan(5);
  });

  test('opens when nothing but nonsense is answered, to the probe too', async () => {
    const circuit = openWithProbe();
    circuit.probe.mockImplementation(() => Promise.reject(new Silent({ doubtful: true, why: 'status 500' })));
    for (let i = 0; i < 5; i += 1) {
      await circuit.fail({ doubtful: true });
      await jest.advanceTimersByTimeAsync(0);
    }
    expect(circuit.read()).toMatchObject({ state: 'open', why: 'status 500' });
  });

  test('counts a doubtful silence like any other if there is no probe', async () => {
    const circuit = open();
    for (let i = 0; i < 5; i += 1) await circuit.fail({ doubtful: true });
    expect(circuit.read().state).toBe('open');
  });
});
