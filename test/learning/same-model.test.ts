import { describe, expect, it } from 'vitest';
import { MemoryStore, parseConfig } from '../../coordinator/index.ts';
import { TaskModel } from '../../coordinator/rounds/model.ts';
import { settingsFor } from '../../coordinator/rounds/settings.ts';
import { atOnce, createStrategy, type GroupSum, learn, STRATEGIES } from '../../learning/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { decodeSum, encodeUpdate, type LocalResult } from '../../protocol/quantize/index.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import type { Aggregator } from '../../simulations/engine/aggregator.ts';
import { federate } from '../../simulations/engine/federation.ts';
import { firstMembers } from '../../simulations/engine/virtual-task.ts';
import { plainSum } from '../../simulations/engine/plain-sums.ts';
import { combined, groupsOf } from '../../simulations/experiments/poisoning/round.ts';
import { readSettings } from '../../simulations/laboratory/settings.ts';
import { poisoning } from '../../simulations/experiments/poisoning/index.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';

const MEMBERS = firstMembers(9);
const SIZE = 12;

/** What a member sends in a round: another one for each member, round and coordinate. */
const resultOf = (member: MemberId, round: number): LocalResult => ({
  update: Float32Array.from({ length: SIZE }, (_, j) => Math.sin(member * 7 + round * 3 + j)),
  examples: 3 + member,
  loss: 1,
  accuracy: 0.5,
});

async function openTask(fields: object) {
  const [task] = parseConfig({
    directory: { file: 'members.bin', authorityKey: '00'.repeat(32) },
    tasks: [
      {
        ...{
          name: 'twin',
          rounds: 9,
          cohort: MEMBERS.length,
          scales: 'fixed',
          clip: 4,
          maxExamples: 100,
          lossBound: 8,
        },
        model: { tensors: { w: [SIZE] }, seed: 5 },
        ...fields,
      },
    ],
  }).tasks;
  const model = await TaskModel.open(new MemoryStore(), task!);
  const settings = (round: number): RoundSettings =>
    settingsFor(task!, {
      ...{ round, dimension: SIZE, modelHash: model.hashBytes, directory: undefined, random: seeded(`nonce ${round}`) },
      ...{ noisy: undefined, pending: { repeat: 0, rebases: 0 }, scales: model.scales },
    });
  return { model, settings };
}

/** The words of some members' sum, which both sides are given. */
function sumOf(settings: RoundSettings, members: readonly MemberId[]): GroupSum {
  const { round } = settings;
  const inputOf = (member: MemberId): Uint32Array =>
    encodeUpdate(settings, resultOf(member, round), seeded(`rounding ${member} ${round}`)).values;
  return { sum: plainSum(settings, members, inputOf), count: members.length, settingsHash: new Uint8Array(32) };
}

const tools = { primitives: nodePrimitives, random: seeded('tools') };

describe('from the same sums, coordinator and laboratory come to the same model, bit for bit', () => {
  it.each(STRATEGIES.map(({ name }) => name))('with %s, round after round', async (name) => {
    const { model, settings } = await openTask({ strategy: name });
    let round = 0;
    // The laboratory's own federation; its sums are the words that the coordinator is given.
    const aggregator: Aggregator = {
      ...{ mode: 'plain', clip: 4, plan: undefined },
      sum: () => expect.unreachable(),
      mean() {
        const { sum, count } = sumOf(settings(++round), MEMBERS);
        const aggregate = decodeSum(settings(round), sum, count);
        return {
          aggregate,
          included: MEMBERS,
          ...{ drops: [], error: undefined, clipped: 0, bytesUp: 0, bytesDown: 0 },
        };
      },
    };
    const federation = federate({
      ...{ parameters: model.tensors['w']!, members: MEMBERS, cohort: MEMBERS.length, rounds: 3, aggregator, seed: 1 },
      strategy: createStrategy({ name }),
      train: ({ member, round: now }) => Promise.resolve(resultOf(member, now)),
    });
    const seen = new Set([model.hash]);
    for await (const { parameters } of federation) {
      await model.commit(settings(round), [sumOf(settings(round), MEMBERS)], tools);
      expect(Buffer.from(model.tensors['w']!.buffer).equals(Buffer.from(parameters.slice().buffer))).toBe(true);
      seen.add(model.hash);
    }
    expect([round, seen.size]).toEqual([3, 4]);
  });

  it.each(['median', 'trimmed-mean', 'norm-filter'] as const)('with groups and %s', async (rule) => {
    const poisoned = readSettings(poisoning, { preset: 'quick' });
    const defence = { name: rule, rule, groups: 3, rollback: false };
    const { model, settings } = await openTask({ groups: { count: 3, rule } });
    const first = model.tensors['w']!;
    const groups = [0, 3, 6].map((from) => MEMBERS.slice(from, from + 3));
    const sums = groups.map((group) => sumOf(settings(1), group));
    const words = sums.map(({ sum, count }) => ({ words: sum.slice(), count }));
    const { next } = atOnce(
      learn(
        {
          ...{ name: 'the model', strategy: createStrategy({ name: 'fedavg' }), flat: first, state: {} },
          into: new Float32Array(SIZE),
        },
        combined(groupsOf(poisoned, defence), settings(1), words),
        sums.length,
      ),
    );
    await model.commit(settings(1), sums, tools);
    expect(next.flat).not.toEqual(first);
    expect(model.tensors['w']).toEqual(next.flat);
  });
});
