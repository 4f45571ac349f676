import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getFacts } from '../../db/facts.ts';
import { listLog } from '../../db/log.ts';
import { putRejudgement } from '../../db/rejudgements.ts';
import { getOrder } from '../../db/orders.ts';
import { findVerdict, putVerdict } from '../../db/verdicts.ts';
import { runCli } from '../cli/run-cli.ts';
import { type Gateway, openGateway, tokenOf } from './gateway.ts';
import { givenJudged } from './judged.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const ask = (orderId: string, as = 'ravi', query = '') =>
  gateway.call('GET', `/v1/orders/${orderId}/verdict/again${query}`, { as });

describe('a verdict that is drawn again', () => {
  test('is the one that was kept, whatever became of the rules since; who asked is noted', async () => {
    const { orderId } = await givenJudged(gateway);
    const rule = { code: 'LINES.TOO_MANY', kind: 'line_count', disposition: 'reject', parameters: { maximum: 1 }, reason: 'r' };
    expect((await gateway.call('POST', '/v1/rules', { as: 'ada', body: rule })).status).toBe(201);
    const { status, body } = await ask(orderId, 'axel');
    expect([status, body]).toMatchObject([200, { orderId, revision: 1, same: true, judgements: [{ judgement: 0, differences: [] }] }]);
    expect((body.judgements as { rules: number }[])[0]?.rules).toBeGreaterThan(20);
    const last = (await listLog(gateway.store, `order:${orderId}`)).at(-1);
    expect(last).toMatchObject({ actor: 'axel', action: 'order.verdict_redrawn' });
  }); // prettier-ignore

  test('is another where what was kept was changed: which rules, and what of them', async () => {
    const ref = await givenJudged(gateway);
    const kept = (await findVerdict(gateway.store, ref)) ?? [];
    const [first, second, ...others] = kept;
    const changed = others.map((one) => (one.code === 'TOTAL.MISMATCH' ? { ...one, result: 'passed' as const } : one));
    // One rule was taken out, and one put in that never was.
    await putVerdict(gateway.store, ref, [second!, { ...first!, code: 'NEVER.WAS' }, ...changed]);
    expect((await ask(ref.orderId)).body).toMatchObject({
      same: false,
      judgements: [
        {
          differences: [
            { code: 'NEVER.WAS', kept: 'passed', again: null, members: [] },
            { code: 'TOTAL.MISMATCH', kept: 'passed', again: 'breached', members: ['result'] },
            { code: first!.code, kept: null, again: 'passed', members: [] },
          ],
        },
      ],
    });
  });

  test('is that of each judgement: the later ones by their own facts', async () => {
    const ref = await givenJudged(gateway);
    const facts = await getFacts(gateway.store, ref);
    const explanations = (await findVerdict(gateway.store, ref)) ?? [];
    const common = { occasion: 'recheck', explanations, gone: [], cleared: [], opened: [] } as const;
    await putRejudgement(gateway.store, ref, { ...common, cleared: [], opened: [], facts });
    await putRejudgement(gateway.store, ref, { ...common, cleared: [], opened: [], facts: { ...facts, customer: null } });
    const { body } = await ask(ref.orderId);
    const judgements = body.judgements as { differences: { code: string }[] }[];
    expect(judgements.map(({ differences }) => differences.length > 0)).toEqual([false, false, true]);
    expect(judgements[2]?.differences.map(({ code }) => code)).toContain('CUSTOMER.UNKNOWN');
  }); // prettier-ignore

  test('is for people who may see the order, once it is judged', async () => {
    const { orderId } = await givenJudged(gateway);
    expect((await ask(orderId, 'web-shop')).status).toBe(403);
    expect((await ask(orderId, 'ravi', '?revision=2')).status).toBe(404);
    expect((await ask('no-such-order')).status).toBe(404);
  });

  test('is compared from the command line', async () => {
    const ref = await givenJudged(gateway);
    const { po_number: poNumber } = await getOrder(gateway.store, ref.orderId);
    const run = (order = ref.orderId) => runCli('cli/orders.ts', ['rules', 'verify', order], { ORDER_STAGING_URL: gateway.url, ORDER_STAGING_TOKEN: tokenOf('ada') });
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringMatching(/revision 1, judged \S+ by \d+ rules: the same again\n$/) });
    expect(await run(poNumber ?? '')).toMatchObject({ code: 0, stdout: expect.stringContaining(ref.orderId) });
    await putVerdict(gateway.store, ref, ((await findVerdict(gateway.store, ref)) ?? []).slice(1));
    expect(await run()).toMatchObject({ code: 1, stdout: expect.stringMatching(/NOT the same\n {2}\S+: did not run -> \w+\n$/) });
  }); // prettier-ignore
});
