import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type BackOffice, BackOfficeUnavailable } from '../../backoffice/port.ts';
import type { CircuitChange } from '../../exchange/circuit.ts';
import { guardBackOffice } from '../../workers/guarded-back-office.ts';
import {
  connect,
  makeOrder,
  reservationOf,
  type RunningBackOffice,
  startBackOffice,
} from '../backoffice/back-office.ts';

const PATIENCE_MS = 500;
const QUICK_MS = 50;
const PAUSE_MS = 300;

let running: RunningBackOffice;
let guarded: { readonly quick: BackOffice; readonly patient: BackOffice };
const changes: CircuitChange[] = [];
/** The calls that came to the server. */
let came: string[];

beforeEach(async () => {
  running = await startBackOffice();
  changes.length = 0;
  came = [];
  const { switches, url } = running.server;
  const draw = switches.draw.bind(switches);
  jest.spyOn(switches, 'draw').mockImplementation((call) => {
    came.push(call);
    return draw(call);
  });
  const clients = { quick: connect(url, QUICK_MS).backOffice, patient: connect(url, PATIENCE_MS).backOffice };
  const onChange = (change: CircuitChange): void => void changes.push(change);
  guarded = guardBackOffice(clients, PATIENCE_MS, { pauseMs: PAUSE_MS, onChange });
});
afterEach(async () => {
  // What nobody waited for is still being done.
  await pause(1.5 * running.server.switches.get().latencyMs);
  await running.server.close();
});

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );
const askFor = (count: number, ask: () => Promise<unknown>): Promise<unknown> =>
  Array.from({ length: count }).reduce<Promise<unknown>>((before) => before.then(() => failureOf(ask())), Promise.resolve()); // prettier-ignore
const takeFacts = (): Promise<unknown> => guarded.patient.getFacts('o-1', makeOrder());
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await pause(10);
};

test('a back office that is away is called five times, by whichever client, and once more after each pause', async () => {
  await running.admin.setSwitches({ absent: true });
  await askFor(3, takeFacts);
  await askFor(10, () => guarded.quick.reserve(reservationOf('o-1', 1)));
  expect(came).toEqual(['getFacts', 'getFacts', 'getFacts', 'reserve', 'reserve']);
  expect(await failureOf(takeFacts())).toMatchObject({ name: 'CircuitOpen' });
  expect(changes).toMatchObject([
    { system: 'back office', state: 'open', why: expect.stringContaining('did not answer reserve') },
  ]);
  await running.admin.resetSwitches();
  await until(() => Date.now() >= Date.parse((changes[0] as { until: string }).until));
  await guarded.quick.getFacts('o-1', makeOrder());
  expect(came.slice(5)).toEqual(['ping', 'getFacts']);
  expect(changes).toMatchObject([{ state: 'open' }, { state: 'closed' }]);
});

test('what is wrong with one order does not keep the others from it', async () => {
  await running.admin.setSwitches({ errorRate: 1, errorStatus: 500, calls: ['getFacts'] });
  await askFor(10, takeFacts);
  await running.admin.setSwitches({ errorRate: 0, wrongAnswers: 1, calls: ['getFacts'] });
  await askFor(10, takeFacts);
  await running.admin.setSwitches({ wrongAnswers: 0, errorRate: 1, errorStatus: 403, calls: ['getFacts'] });
  await askFor(10, takeFacts);
  expect(changes).toEqual([]);
});

test('a back office that answers nothing but failures of its own is away', async () => {
  await running.admin.setSwitches({ errorRate: 1, errorStatus: 500 });
  for (let i = 0; i < 5; i += 1) {
    const asked = came.length;
    await failureOf(takeFacts());
    // The probe, which is not waited for.
    await until(() => came.length === asked + 2);
    await pause(20);
  }
  expect(changes).toMatchObject([{ state: 'open', why: expect.stringContaining('did not answer ping: status 500') }]);
});

test('a back office that is slow is there: the patient are answered', async () => {
  await running.admin.setSwitches({ latencyMs: 4 * QUICK_MS });
  await askFor(8, () => guarded.quick.getFacts('o-1', makeOrder()));
  await takeFacts();
  expect(changes).toEqual([]);
});

test('one that lets even the patient wait in vain is away', async () => {
  await running.admin.setSwitches({ latencyMs: 2 * PATIENCE_MS, calls: ['getFacts'] });
  await Promise.all(Array.from({ length: 5 }, () => failureOf(takeFacts())));
  expect(changes).toMatchObject([{ state: 'open', why: expect.stringContaining('no answer within 500 ms') }]);
});

test('one order that fails each time stops no other, also where the answer says to try again at once', async () => {
  const { patient } = guarded;
  const poisoned = new BackOfficeUnavailable('getFacts', 'status 500', { isGarbled: true, retryAfterSeconds: 0 });
  const failing: BackOffice = { ...patient, getFacts: () => Promise.reject(poisoned) };
  const onChange = (change: CircuitChange): void => void changes.push(change);
  const behind = guardBackOffice({ quick: failing, patient: failing }, PATIENCE_MS, { pauseMs: PAUSE_MS, onChange });
  await askFor(10, () => behind.patient.getFacts('o-1', makeOrder()));
  expect(changes).toEqual([]);
});
