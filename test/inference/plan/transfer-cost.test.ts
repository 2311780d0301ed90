import { describe, expect, it } from 'vitest';
import { compile } from '../../../inference/index.ts';
import { transferCost } from '../../../inference/plan/transfer-cost.ts';
import { TransferSource } from '../../../inference/secureml/transfers.ts';
import { nodePermutation } from '../../../protocol/crypto/node/index.ts';
import { systemRandom } from '../../../protocol/crypto/index.ts';
import { runPair } from '../../../protocol/mpc/index.ts';
import { networkOf } from '../support/networks.ts';

describe('what transfers cost in place of a dealer', () => {
  it.each([
    ['dense layers and rectifiers', [20], ['dense 12', 'relu', 'dense 4']],
    ['squares', [20], ['dense 12', 'square', 'dense 4']],
    ['a convolution with padding', [2, 6, 6], ['conv 3 3 1 1', 'relu', 'flatten', 'dense 3']],
  ] as const)('is what passes for %s', (what, shape, layers) => {
    const padded = what.includes('padding');
    const { plan } = compile(networkOf(1, shape, layers), { system: 'secureml' });
    const [a, b] = (['a', 'b'] as const).map(
      (role) => new TransferSource(plan, role, systemRandom(32), systemRandom),
    ) as [TransferSource, TransferSource];
    const bytes = (): number => {
      const { received } = runPair(a.piece(3), b.piece(3), nodePermutation);
      return received.flat().reduce((sum, { length }) => sum + length, 0);
    };
    // The first run sets the transfers up.
    const first = bytes();
    const passed = bytes();
    const said = transferCost(plan, 3);
    expect(first).toBeGreaterThan(passed);
    expect(passed).toBeLessThanOrEqual(said);
    expect(passed).toBeGreaterThanOrEqual(padded ? 0.8 * said : said);
    a.wipe();
    b.wipe();
  });
});
