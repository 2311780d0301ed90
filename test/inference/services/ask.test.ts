import { expect, it } from 'vitest';
import { compile, planHash } from '../../../inference/index.ts';
import { askRows } from '../../../inference/services/ask.ts';
import { networkOf } from '../support/networks.ts';

it('rows are not filled up to a number that only a hostile server has said', async () => {
  const { plan } = compile(networkOf(1, [1000], ['dense 4']), { system: 'chameleon' });
  let asked = 0;
  const asking = {
    offered: {
      ...{ name: 'digits', system: 'chameleon', plan, planHash: planHash(plan), maxBatch: 65_536 },
      access: 'open',
      dealing: { kind: 'file', pair: '00'.repeat(16), batch: 65_536 },
    } as const,
    ask: () => Promise.reject(new Error(`asked ${++asked} times`)),
    close: () => undefined,
  };
  await expect(askRows(asking, new Float32Array(1000))).rejects.toMatchObject({ code: 'wire-bounds' });
  expect(asked).toBe(0);
});
