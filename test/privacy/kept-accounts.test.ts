import { describe, expect, it } from 'vitest';
import { recordFrom as recordOfClient, recordText } from '../../client/consent/format.ts';
import { NO_RECORD } from '../../client/consent/record.ts';
import { recordFrom as recordOfTask } from '../../coordinator/store/record.ts';
import { epsilonOf, ORDERS, roundCost } from '../../protocol/privacy/accountant/convert.ts';

/*
 * A member's memory and a task's record keep Rényi divergences at the accountant's orders. When orders beyond 1024 came,
 * files written before had to be read on: a member whose memory is unreadable takes part in nothing.
 */
const divergences = [...roundCost({ noise: 'gaussian', noiseMultiplier: 4 }, 1)];
const ofBefore = divergences.slice(0, 168);
const epsilon = epsilonOf(divergences, 1e-5);

const memory = (kept: readonly number[]): string => {
  const account = { task: 'noisy', divergences: kept, inside: kept, bare: 0, central: 0, distributed: 1 };
  return recordText({ ...NO_RECORD, accounts: [account] });
};

const task = (kept: readonly number[]): Uint8Array => {
  const privacy = { divergences: kept, inside: kept, rounds: 1, clip: 1, defect: 0 };
  const hash = 'ab'.repeat(32);
  const record = { version: 1, task: 'toy', round: 1, modelHash: hash, strategy: 'fedavg', privacy };
  return new TextEncoder().encode(JSON.stringify(record));
};

describe('an account with the orders of before', () => {
  it('is read from a member’s memory, at all of today’s orders and with its epsilon', () => {
    const [account] = recordOfClient(memory(ofBefore))!.accounts;
    for (const kept of [account!.divergences, account!.inside]) {
      expect(kept).toHaveLength(ORDERS.length);
      expect(epsilonOf(kept, 1e-5)).toBe(epsilon);
    }
    // And is written with them from then on.
    expect(recordOfClient(recordText({ ...NO_RECORD, accounts: [account!] }))!.accounts).toEqual([account]);
  });

  it('is read from a task’s record', () => {
    const { privacy } = recordOfTask('toy.json', 'toy', task(ofBefore)).record;
    expect(privacy!.divergences).toHaveLength(ORDERS.length);
    expect(epsilonOf(privacy!.inside, 1e-5)).toBe(epsilon);
  });

  it('and of any other length is none', () => {
    expect(recordOfClient(memory(ofBefore.slice(1)))).toBeUndefined();
    expect(() => recordOfTask('toy.json', 'toy', task([...divergences, 0]))).toThrow(
      expect.objectContaining({ code: 'config-unreadable' }),
    );
  });
});
