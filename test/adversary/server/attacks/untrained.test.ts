import { describe, expect, it } from 'vitest';
import type { UntrainedRange } from '../../../../protocol/wire/settings.ts';
import { LAYOUT } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { refusals, run, sumOf } from '../../../../simulations/attacks/coordinator/sums.ts';

const scene = useScenes();

/** Examples of the members 1 … 7, which the coordinator knows or reads off the gaps between the values of a sum. */
const COUNTS = [1013, 2311, 3907, 5381, 7573, 9829, 12553];
const CAP = 2 ** 15 - 1;
const BOUND = 2 ** -64;

const hallOfAll = (): Promise<Scene> =>
  scene({
    ...{ seed: 'signs', n: COUNTS.length },
    examples: Object.fromEntries(COUNTS.map((count, i) => [i + 1, count])),
  });

/** The sign of each member's value, −1, 0 or 1, by the sum of weights that they make; undefined where two make the same. */
function signsBySum(): Map<number, readonly number[] | undefined> {
  const found = new Map<number, readonly number[] | undefined>();
  for (let code = 0; code < 3 ** COUNTS.length; code++) {
    const signs = COUNTS.map((_, i) => (Math.floor(code / 3 ** i) % 3) - 1);
    const sum = signs.reduce((total, sign, i) => total + sign * COUNTS[i]!, 0);
    found.set(sum, found.has(sum) ? undefined : signs);
  }
  return found;
}

/** The share of the target's signs that a sum gives away. */
function signsRead(hall: Scene, sum: readonly number[]): number {
  const decode = signsBySum();
  const truth = hall.target.app.lastUpdate;
  return sum.filter((one, j) => decode.get(one)?.[TARGET - 1] === Math.sign(truth[j]!)).length / sum.length;
}

describe('a sum of trained tensors that the coordinator names untrained, with the least of bounds', () => {
  it('would tell the sign of each member’s every value if values were cut one by one', async () => {
    const hall = await hallOfAll();
    await run(hall, hall.settings());
    const sum = Array.from({ length: LAYOUT.size }, (_, j) =>
      hall.members.reduce(
        (total, member, i) => total + Math.sign(hall.client(member).app.lastUpdate[j]!) * COUNTS[i]!,
        0,
      ),
    );
    expect(signsRead(hall, sum)).toBe(1);
  });

  it('tells no signs even of apps that name them: tensors are scaled as a whole', async () => {
    const hall = await hallOfAll();
    for (const member of hall.members) Object.assign(hall.client(member).app, { untrained: LAYOUT.names });
    const untrained = LAYOUT.names.map((name) => ({
      ...{ from: LAYOUT.offsetOf(name), length: LAYOUT.sizeOf(name) },
      bound: BOUND,
    }));
    const settings = hall.settings({ maxExamples: CAP, untrained });
    const unused = 32 - settings.modulusBits;
    const words = sumOf(await run(hall, settings)).subarray(0, LAYOUT.size);
    const sum = Array.from(words, (word) => (word << unused) >> unused);
    expect(signsRead(hall, sum)).toBeLessThan(0.1);
  });

  it.each<[string, readonly UntrainedRange[]]>([
    ['a single value', [{ from: 20, length: 1, bound: BOUND }]],
    ['all tensors at once', [{ from: 0, length: LAYOUT.size, bound: BOUND }]],
    [
      'a whole tensor',
      [{ from: LAYOUT.offsetOf(LAYOUT.names[0]!), length: LAYOUT.sizeOf(LAYOUT.names[0]!), bound: BOUND }],
    ],
  ])('is not opened where %s is named, by members whose app names none', async (_, untrained) => {
    const hall = await hallOfAll();
    expect((await run(hall, hall.settings({ maxExamples: CAP, untrained }))).end?.kind).toBe('aborted');
    expect(refusals(hall, hall.members)).toEqual(new Set(['update-shape']));
    for (const member of hall.members)
      expect(hall.coordinator.transcript.of('up', 'advertiseKeys', member)).toHaveLength(0);
  });
});
