import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consentInFile, type ConsentMemory } from '../../../../client/index.ts';
import { consentInMemory } from '../../../../client/consent/memory.ts';
import { nodePrimitives } from '../../../../protocol/crypto/node/native.ts';
import { DEFAULT_SUITE } from '../../../../protocol/crypto/suite.ts';
import { type MemberId, memberId } from '../../../../protocol/ids.ts';
import { messageName } from '../../../../protocol/wire/header.ts';
import { encodeOutcome } from '../../../../protocol/wire/messages/outcome.ts';
import { encodeSettings, type RoundSettings, settingsHash } from '../../../../protocol/wire/settings.ts';
import { encumbered, halves, spaced } from '../../../client/support/rounds.ts';
import { constantModel } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import type { Script } from '../../../../simulations/attacks/coordinator/evil-round.ts';
import { EXAMPLES, SHAPES } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { type Scene, type SceneOptions, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import {
  abandoned,
  combined,
  forgetful,
  refusals,
  run,
  sumOf,
} from '../../../../simulations/attacks/coordinator/sums.ts';

const scene = useScenes();

// All members are honest, and have the default policy.
const N = 7;
const EVERYBODY = [1, 2, 3, 4, 5, 6, 7];
const without = (member: number): number[] => EVERYBODY.filter((one) => one !== member);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-one-model-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** A memory in a file, as an enrolled member has it. */
const inFile = (member: MemberId): ConsentMemory => consentInFile(join(folder, `${member}.rounds`));

const all = (values: Uint32Array): Set<number> => new Set(values);

/** Every member's training has chance in it, which its seed decides. */
const SHUFFLED = { training: '{"shuffle":true}', minCohort: N };

/** The target alone is told that a round committed with its update, which nobody has signed. */
const toldTarget: Script = {
  down: (mail, round) => {
    if (messageName(mail.bytes) !== 'outcome' || mail.member !== TARGET) return abandoned.down!(mail, round);
    const included = { kind: 'committed', included: true, modelHash: new Uint8Array(32).fill(9) } as const;
    return [{ ...mail, bytes: encodeOutcome({ suite: DEFAULT_SUITE, context: round.context, ...included }) }];
  },
};

/** The target is stopped and started again, as on another day: what it had in memory alone is gone. */
async function restart(hall: Scene, seed: number): Promise<void> {
  await hall.target.participation.leave();
  await hall.enter(TARGET, { seed });
}

/** The target alone is invited to a round that comes to nothing. */
async function inviteAlone(hall: Scene, settings: RoundSettings): Promise<void> {
  const { app, log } = hall.target;
  const [trained, ended] = [log.of('trained').length, log.of('abandoned').length];
  hall.invite(settings, TARGET);
  await hall.until(() => log.of('trained').length > trained);
  expect(app.contexts).toHaveLength(2);
  const context = settingsHash(nodePrimitives, encodeSettings(settings));
  const said = { kind: 'abandoned', code: 'round-abandoned', message: '' } as const;
  hall.coordinator.send(TARGET, encodeOutcome({ suite: DEFAULT_SUITE, context, ...said }));
  await hall.until(() => log.of('abandoned').length > ended);
}

describe('two sums of the same members from one model, in which the target alone might train another way', () => {
  const between: Record<string, (hall: Scene) => Promise<unknown>> = {
    'after an outcome that nobody signed': () => Promise.resolve(),
    'after an invitation to another model': (hall) => {
      const modelHash = hall.coordinator.publish(constantModel(1, SHAPES));
      return inviteAlone(hall, hall.settings({ modelHash, ...SHUFFLED }));
    },
    'after an invitation to a task of another name from another model': (hall) => {
      const modelHash = hall.coordinator.publish(constantModel(1, SHAPES));
      return inviteAlone(hall, hall.settings({ modelHash, task: 'numbers', training: '{}' }));
    },
    'after it was started again': (hall) => restart(hall, TARGET),
  };

  it.each(Object.keys(between))('are the same sum: %s', async (name) => {
    const hall = await scene({ seed: name, n: N, consent: inFile });
    const settings = hall.settings(SHUFFLED);
    const first = sumOf(await run(hall, settings, EVERYBODY, toldTarget));
    await between[name]!(hall);
    const second = sumOf(await run(hall, hall.settings(SHUFFLED)));
    expect(all(combined(settings, [1, first], [-1, second]))).toEqual(new Set([0]));
  });

  it('are not both opened where it was started again with another seed', async () => {
    const hall = await scene({ seed: 'other seed', n: N, consent: inFile });
    await run(hall, hall.settings(SHUFFLED));
    await restart(hall, 77);
    await run(hall, hall.settings(SHUFFLED));
    expect(refusals(hall, [TARGET])).toEqual(new Set(['input-changed']));
    expect(hall.coordinator.transcript.of('up', 'maskedInput', TARGET)).toHaveLength(1);
  });

  it('differ by the change of its update, which is RECOVERED, where it forgets and has another seed', async () => {
    const hall = await scene({ seed: 'other seed', n: N, consent: forgetful });
    const settings = hall.settings(SHUFFLED);
    const first = sumOf(await run(hall, settings));
    const before = hall.truth(settings);
    await restart(hall, 77);
    const second = sumOf(await run(hall, hall.settings(SHUFFLED)));
    const change = combined(settings, [1, hall.truth(settings)], [-1, before]);
    expect(all(change).size).toBeGreaterThan(1);
    expect(combined(settings, [1, second], [-1, first])).toEqual(change);
  });
});

describe('two sums from the same values in two files, the second one without the target', () => {
  const attack = async (consent: SceneOptions['consent'], file: Uint8Array) => {
    const hall = await scene({ seed: 'two files', n: N, ...(consent === undefined ? {} : { consent }) });
    const settings = hall.settings();
    const first = await run(hall, settings);
    const again = hall.settings({ modelHash: hall.coordinator.publish(file), task: 'numbers', round: 9 });
    return { hall, settings, first, second: await run(hall, again, without(TARGET)) };
  };

  it.each([
    ['eight more spaces in the header', spaced(constantModel(0, SHAPES))],
    ['tensors that are not trained, and metadata', encumbered(constantModel(0, SHAPES))],
    ['zeros in half precision', halves(constantModel(0, SHAPES))],
    ['zeros with a sign', constantModel(-0, SHAPES)],
  ])('are not both opened: %s', async (_, file) => {
    const { hall, second } = await attack(undefined, file);
    expect(second.end?.kind).toBe('aborted');
    expect(refusals(hall, without(TARGET))).toEqual(new Set(['cohort-too-similar']));
    expect(hall.coordinator.transcript.of('up', 'maskedInput', memberId(1))).toHaveLength(1);
  });

  it.each([
    ['more spaces', spaced(constantModel(0, SHAPES))],
    ['more tensors', encumbered(constantModel(0, SHAPES))],
    ['half precision', halves(constantModel(0, SHAPES))],
  ])('RECOVER the target’s update from members that forget: %s', async (_, file) => {
    const { hall, settings, first, second } = await attack(forgetful, file);
    expect(combined(settings, [1, sumOf(first)], [-1, sumOf(second)])).toEqual(hall.truth(settings));
  });
});

describe('the very members of a sum that was signed, from the same model, and settings that allow a smaller sum', () => {
  const attack = async (consent: SceneOptions['consent']) => {
    const hall = await scene({ seed: 'smaller sum', n: N, ...(consent === undefined ? {} : { consent }) });
    const settings = hall.settings();
    const first = await run(hall, settings);
    // The target sends its input, and is said to have dropped out.
    const drops: Script = {
      ...abandoned,
      up: (mail) => (mail.member === TARGET && messageName(mail.bytes) === 'maskedInput' ? [] : [mail]),
    };
    const round = hall.round(drops, hall.settings());
    await hall.until(() => round.state.name === 'masked-input' || round.end !== undefined);
    const inputs = () => hall.coordinator.transcript.of('up', 'maskedInput').length;
    await hall.until(() => inputs() === 2 * N || round.end !== undefined);
    if (round.end === undefined) round.input({ kind: 'deadline' });
    await hall.until(() => round.end !== undefined);
    return { hall, settings, first, second: round };
  };

  it('get no input: members that had not signed yet might sign a smaller set without the others’ word', async () => {
    const { hall, second } = await attack(undefined);
    expect(second.end?.kind).toBe('aborted');
    expect(refusals(hall, EVERYBODY)).toEqual(new Set(['cohort-too-similar']));
    expect(hall.coordinator.transcript.of('up', 'maskedInput')).toHaveLength(N);
  });

  it('RECOVER the target’s update from members that forget', async () => {
    const { hall, settings, first, second } = await attack(forgetful);
    expect(combined(settings, [1, sumOf(first)], [-1, sumOf(second)])).toEqual(hall.truth(settings));
  });
});

describe('three sums of three, three and four members', () => {
  const SETS = [
    [3, 1, 2],
    [3, 4, 5],
    [1, 2, 4, 5],
  ];

  it('are not all opened', async () => {
    const hall = await scene({ seed: 'three sums', n: N });
    const rounds = [];
    for (const invited of SETS) rounds.push(await run(hall, hall.settings(), invited));
    expect(rounds.map(({ end }) => end?.kind)).toEqual(['committed', 'aborted', 'aborted']);
    expect(refusals(hall, [TARGET])).toEqual(new Set(['cohort-too-similar']));
  });

  it('give twice the target’s update, which is RECOVERED, with members that forget', async () => {
    const hall = await scene({ seed: 'three sums', n: N, consent: forgetful });
    const settings = hall.settings();
    const sums = [];
    for (const invited of SETS) sums.push(sumOf(await run(hall, hall.settings(), invited)));
    const found = combined(settings, [1, sums[0]!], [1, sums[1]!], [-1, sums[2]!]);
    expect(found).toEqual(combined(settings, [2, hall.truth(settings)]));
  });
});

describe('groups of one round', () => {
  it('are sums of rosters that share nobody, and both are opened', async () => {
    const hall = await scene({ seed: 'groups', n: N });
    const settings = hall.settings();
    for (const group of [
      [1, 2, 3],
      [4, 5, 6, 7],
    ])
      expect(sumOf(await run(hall, hall.settings(), group))).toEqual(hall.plainSum(settings, group.map(memberId)));
  });

  // With a = 3, b = 4, c = 5: (a + b) − (b + c) + (a + c) − 0 = 2a, each beside 1, 2, 6 and 7.
  const SUMS = [
    [1, 2, 3, 4, 6, 7],
    [1, 2, 4, 5, 6, 7],
    [1, 2, 3, 5, 6, 7],
    [1, 2, 6, 7],
  ];

  it('are not four sums of which any two differ by two members', async () => {
    const hall = await scene({ seed: 'four sums', n: N });
    const ends = [];
    for (const invited of SUMS) ends.push((await run(hall, hall.settings(), invited)).end?.kind);
    expect(ends).toEqual(['committed', 'aborted', 'aborted', 'aborted']);
  });

  it('RECOVER the target’s update from four such sums of members that forget', async () => {
    const hall = await scene({ seed: 'four sums', n: N, consent: forgetful });
    const settings = hall.settings();
    const sums: Uint32Array[] = [];
    for (const invited of SUMS) sums.push(sumOf(await run(hall, hall.settings(), invited)));
    const found = combined(settings, [1, sums[0]!], [-1, sums[1]!], [1, sums[2]!], [-1, sums[3]!]);
    expect(found).toEqual(combined(settings, [2, hall.truth(settings)]));
  });
});

describe('a sum that was opened although its target never saw who is in it', () => {
  /** The target hears nothing after it has sent its masked input. */
  const unseen: Script = {
    down: (mail, round) => {
      const name = messageName(mail.bytes);
      if (mail.member === TARGET && (name === 'survivors' || name === 'unmaskRequest')) return [];
      return abandoned.down!(mail, round);
    },
  };
  const attack = async (consent: SceneOptions['consent']) => {
    const hall = await scene({ seed: 'unseen', n: N, ...(consent === undefined ? {} : { consent }) });
    const settings = hall.settings();
    const first = hall.round(unseen, settings);
    const { transcript } = hall.coordinator;
    for (const message of ['consistency', 'unmaskShares'] as const) {
      await hall.until(() => first.end !== undefined || transcript.of('up', message).length === N - 1);
      if (first.end === undefined) first.input({ kind: 'deadline' });
    }
    await hall.until(() => first.end !== undefined);
    expect(transcript.of('up', 'unmaskShares', TARGET)).toEqual([]);
    return { hall, settings, first, second: await run(hall, hall.settings(), without(TARGET)) };
  };

  it('is not followed by one without it: all others have signed', async () => {
    const { hall, first, second } = await attack(undefined);
    expect(sumOf(first)).toEqual(hall.plainSum(first.state.context.settings, hall.members));
    expect(second.end?.kind).toBe('aborted');
    expect(refusals(hall, without(TARGET))).toEqual(new Set(['cohort-too-similar']));
  });

  it('RECOVERS its update with one that is, from members that forget', async () => {
    const { hall, settings, first, second } = await attack(forgetful);
    expect(combined(settings, [1, sumOf(first)], [-1, sumOf(second)])).toEqual(hall.truth(settings));
  });
});

describe('a batch size between the numbers of examples of the target and of the others', () => {
  const FEW = EXAMPLES / 2;
  const examples = Object.fromEntries(EVERYBODY.map((member) => [member, member === TARGET ? EXAMPLES : FEW]));
  const attack = async (consent: SceneOptions['consent'], repeat: number) => {
    const hall = await scene({ seed: 'batch', n: N, examples, ...(consent === undefined ? {} : { consent }) });
    // Everybody weighs the same, so that the inputs of the others lie on the grid.
    const base = hall.settings();
    const fair = { maxExamples: FEW, clip: base.clip };
    const settings = hall.settings({ ...fair, training: `{"batchSize":${EXAMPLES}}` });
    const first = await run(hall, settings);
    const before = hall.truth(settings);
    const smaller = hall.settings({ ...fair, training: `{"batchSize":${EXAMPLES - 4}}`, repeat });
    return { hall, settings, first, before, second: await run(hall, smaller) };
  };

  it.each([0, 1])('is no second one from the same model, for repeat %i', async (repeat) => {
    const { hall, first, second } = await attack(undefined, repeat);
    expect(first.end?.kind).toBe('committed');
    expect(second.end?.kind).toBe('aborted');
    expect(refusals(hall, EVERYBODY)).toEqual(new Set(['input-changed']));
    for (const member of EVERYBODY) expect(hall.client(member).app.contexts).toHaveLength(1);
  });

  it('changes the target’s update alone, and RECOVERS by how much, with members that forget', async () => {
    const { hall, settings, first, before, second } = await attack(forgetful, 0);
    const change = combined(settings, [1, hall.truth(settings)], [-1, before]);
    expect(all(change).size).toBeGreaterThan(1);
    expect(combined(settings, [1, sumOf(second)], [-1, sumOf(first)])).toEqual(change);
  });
});

describe('two coordinators, each with a process of every member', () => {
  const attack = async (shared: boolean) => {
    const memories = new Map<MemberId, ConsentMemory>();
    const consent = (member: MemberId): ConsentMemory => {
      if (!shared) return consentInMemory();
      const memory = memories.get(member) ?? consentInMemory();
      memories.set(member, memory);
      return memory;
    };
    // Scenes of one seed have one authority and the same members.
    const halls = [
      await scene({ seed: 'two halls', n: N, consent }),
      await scene({ seed: 'two halls', n: N, consent }),
    ];
    const settings = halls[0]!.settings();
    const first = run(halls[0]!, settings);
    const second = run(halls[1]!, halls[1]!.settings({ task: 'numbers' }), without(TARGET));
    return { halls, settings, first: await first, second: await second };
  };

  it('do not both open a sum, at the same time and of other members, whichever is first', async () => {
    const { halls, first, second } = await attack(true);
    const ends = [first.end?.kind, second.end?.kind];
    expect(ends).toContain('aborted');
    // Whoever shared its keys in one of them last has left the other, if it has not signed there already.
    const said = [...refusals(halls[0]!, EVERYBODY), ...refusals(halls[1]!, without(TARGET))];
    expect(['cohort-too-similar', 'round-superseded']).toEqual(expect.arrayContaining(said));
    expect(said).not.toEqual([]);
  });

  it('RECOVER the target’s update where each process remembers for itself', async () => {
    const { halls, settings, first, second } = await attack(false);
    expect(combined(settings, [1, sumOf(first)], [-1, sumOf(second)])).toEqual(halls[0]!.truth(settings));
  });
});
