import { ringOf } from '../../../protocol/mpc/sharing/index.ts';
import { describe, expect, it } from 'vitest';
import { ChameleonAsker } from '../../../inference/chameleon/asker.ts';
import { ChameleonOwner, chameleonModel } from '../../../inference/chameleon/owner.ts';
import { demandsOf } from '../../../inference/plan/demands.ts';
import type { QuantisedLayer } from '../../../inference/plan/quantise.ts';
import type { LinearStep, Plan } from '../../../inference/plan/types.ts';
import { traceOf } from '../../../inference/plan/trace.ts';
import { SecureMlServer } from '../../../inference/secureml/server.ts';
import {
  type Correlations,
  correctedSide,
  corrections,
  type DemandKind,
  type Parts,
  seededSide,
  weightMask,
  WeightMasks,
} from '../../../protocol/mpc/dealer/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import type { Words } from '../../../protocol/mpc/sharing/index.ts';
import type { Party } from '../../../protocol/mpc/turn.ts';
import { playAgainst, underAnotherDeal } from './support/another-deal.ts';
import { bytesOf, type Model, type Run, runWith, type Seeds, seedsOf } from './support/lab.ts';
import { hiddenReversed, modelOf, question, tinyModel } from './support/models.ts';

/** Lanes without padding bits, which must be zero also in a lie. */
const BATCH = 8;
const seeds = seedsOf(31);
const joined = (messages: readonly Uint8Array[]): Uint8Array => bytesOf({ setup: messages, offline: [], online: [] });

/** Everything that a side of a piece holds. */
function partsOf(plan: Plan, { seeded, corrected, mask, otherMask }: Seeds, side: 0 | 1): Parts[DemandKind][] {
  const demands = demandsOf(plan, BATCH);
  const masks = new WeightMasks({ seeded: otherMask, corrected: mask });
  const held: Correlations =
    side === 1
      ? seededSide(demands, seeded)
      : correctedSide(demands, corrected, corrections(demands, seeded, corrected, masks));
  return demands.map((demand) => held.take(demand));
}

const linearSteps = ({ steps }: Plan): LinearStep[] =>
  steps.filter((step): step is LinearStep => step.kind === 'linear');

/** What the viewer saw and said in a run, after the setup. */
function seenBy(plan: Plan, { views }: Run, viewer: 0 | 1) {
  const messages = ({ offline, online }: (typeof views)[0]): Uint8Array[] => [...offline, ...online];
  return {
    parts: partsOf(plan, seeds, viewer),
    received: messages(views[viewer]),
    sent: messages(views[viewer === 0 ? 1 : 0]),
  };
}

/** B of every layer, from a mask seed. */
const masksFrom = (plan: Plan, seed: Uint8Array): Words[] =>
  linearSteps(plan).map(({ map, layer }) => weightMask(seed, { map, layer, bits: plan.bits }));

function* afterOffline(offline: Party<void>, online: Party<unknown>): Party<unknown> {
  yield* offline;
  return yield* online;
}

const MODELS = {
  ReLU: tinyModel('chameleon', 'scores', 'relu'),
  squares: tinyModel('chameleon', 'scores', 'square'),
  'a convolution, a maximum and a mean': modelOf(
    'chameleon',
    'scores',
    [
      { kind: 'conv', filters: 2, size: 2 },
      { kind: 'relu' },
      { kind: 'maxPool', size: 3, stride: 2 },
      { kind: 'averagePool', size: 2 },
      { kind: 'flatten' },
      { kind: 'dense', units: 3 },
    ],
    5,
    [1, 6, 6],
  ),
};

describe.each(Object.entries(MODELS))('Chameleon’s owner, with %s, over all of the dealer’s randomness', (_, model) => {
  const { plan } = model;
  const ring = ringOf(plan.bits);
  const run = runWith(model, question(plan, BATCH, { seed: 3 }), BATCH, seeds);

  it('sees the same for any other question', () => {
    const masked = linearSteps(plan).map(({ layer }, at) =>
      ring.subtract(model.layers[layer]!.weights, masksFrom(plan, seeds.mask)[at]!),
    );
    const seen = seenBy(plan, run, 0);
    for (const other of [
      question(plan, BATCH, { all: 0 }),
      ring.draw(new Prg(new Uint8Array(32)), traceOf(plan).inputs * BATCH),
    ]) {
      const asker = new ChameleonAsker(plan);
      playSetup(
        asker.setup(),
        masked.map((words) => ring.toBytes(words)),
      );
      const { before, after } = underAnotherDeal(plan, BATCH, seen, {
        masksInputs: true,
        setupMessages: 0,
        maskOf: (layer) => masksFrom(plan, seeds.mask)[layer]!,
        play: (dealt) => afterOffline(asker.offline(BATCH, dealt), asker.online(other.slice())),
      });
      expect(joined(after)).toEqual(joined(seen.received));
      expect(joined(before)).not.toEqual(joined(seen.received));
    }
  });

  it('sees what no dealing explains if one piece served two questions', () => {
    const [first, second] = [{ all: 0 }, { seed: 6 }].map((of) =>
      seenBy(plan, runWith(model, question(plan, BATCH, of), BATCH, seeds), 0),
    );
    const masked = run.views[1].setup;
    const play = (inputs: Words) => (dealt: Correlations) => {
      const asker = new ChameleonAsker(plan);
      playSetup(asker.setup(), masked);
      return afterOffline(asker.offline(BATCH, dealt), asker.online(inputs));
    };
    const other = {
      masksInputs: true,
      setupMessages: 0,
      maskOf: (layer: number) => masksFrom(plan, seeds.mask)[layer]!,
    };
    const { after, replay } = underAnotherDeal(plan, BATCH, first!, {
      ...other,
      play: play(question(plan, BATCH, { seed: 4 })),
    });
    expect(joined(after)).toEqual(joined(first!.received));
    // The true second question, and one that would differ from the first alike.
    const apart = ring.subtract(question(plan, BATCH, { seed: 6 }), question(plan, BATCH, { all: 0 }));
    const alike = ring.add(question(plan, BATCH, { seed: 4 }), apart);
    const told = (inputs: Words): Uint8Array => replay(play(inputs), second!.sent)[0]!;
    expect(told(question(plan, BATCH, { seed: 6 }))).not.toEqual(second!.received[0]);
    expect(told(alike)).toEqual(second!.received[0]);
  });

  it('sees the same for any other question, whatever it sends', () => {
    // Weights and messages of the owner's choice; the dealer is honest, and gives it the part that it has.
    const prg = new Prg(new Uint8Array(32).fill(8));
    const { setup, offline, online } = run.views[1];
    const lies = [...offline, ...online].map(({ length }) => prg.bytes(length));
    const masked = setup.map(({ length }) => prg.bytes(length));
    const play = (inputs: Words) => (dealt: Correlations) => {
      const asker = new ChameleonAsker(plan);
      playSetup(asker.setup(), masked);
      return afterOffline(asker.offline(BATCH, dealt), asker.online(inputs));
    };
    const demands = demandsOf(plan, BATCH);
    const received = playAgainst(play(question(plan, BATCH, { seed: 3 }))(seededSide(demands, seeds.seeded)), lies);
    const { before, after } = underAnotherDeal(
      plan,
      BATCH,
      { parts: partsOf(plan, seeds, 0), received, sent: lies },
      {
        masksInputs: true,
        setupMessages: 0,
        maskOf: (layer) => masksFrom(plan, seeds.mask)[layer]!,
        play: play(question(plan, BATCH, { all: 0 })),
      },
    );
    expect(joined(after)).toEqual(joined(received));
    expect(joined(before)).not.toEqual(joined(received));
  });
});

describe.each(['relu', 'square'] as const)(
  'Chameleon’s asker, with %s, over all of the dealer’s randomness',
  (activation) => {
    const model = tinyModel('chameleon', 'scores', activation);
    const { plan } = model;
    const ring = ringOf(plan.bits);
    const run = runWith(model, question(plan, BATCH, { seed: 3 }), BATCH, seeds);

    const asked = (other: Model) => {
      const seen = seenBy(plan, run, 1);
      const masked = model.layers.map(({ weights }, layer) =>
        ring.subtract(weights, masksFrom(plan, seeds.mask)[layer]!),
      );
      const owner = new ChameleonOwner(
        chameleonModel({ ...other, maskSeed: seeds.mask, random: () => new Uint8Array(32) }),
      );
      return {
        seen,
        ...underAnotherDeal(plan, BATCH, seen, {
          masksInputs: false,
          setupMessages: 0,
          // Masks under which the asker was sent the same in the setup: E = W − B.
          maskOf: (layer) => ring.subtract(other.layers[layer]!.weights, masked[layer]!),
          play: (dealt) => afterOffline(owner.offline(BATCH, dealt), owner.online()),
        }),
      };
    };

    it('sees the same for any other model that answers alike', () => {
      const { before, after, seen } = asked(hiddenReversed(model));
      expect(joined(after)).toEqual(joined(seen.received));
      expect(joined(before)).not.toEqual(joined(seen.received));
    });

    it('sees another last message, and no other than that, for a model that answers otherwise', () => {
      const { after, seen } = asked(tinyModel('chameleon', 'scores', activation, 2));
      expect(joined(after.slice(0, -1))).toEqual(joined(seen.received.slice(0, -1)));
      expect(after.at(-1)).not.toEqual(seen.received.at(-1));
    });
  },
);

describe('SecureML with squares, over all of the dealer’s randomness', () => {
  const model = tinyModel('secureml', 'scores', 'square');
  const { plan } = model;
  const ring = ringOf(plan.bits);
  const run = runWith(model, question(plan, BATCH, { seed: 3 }), BATCH, seeds);

  it.each([
    ['b', 'a', 0],
    ['a', 'b', 1],
  ] as const)(
    'shows server %s the same whatever the model’s and the question’s share of server %s is',
    (_, role, viewer) => {
      const view = run.views[viewer];
      const [, ...online] = view.online;
      const others = run.views[viewer === 0 ? 1 : 0];
      const seen = {
        parts: partsOf(plan, seeds, viewer),
        received: [...view.setup, ...view.offline, ...online],
        sent: [...others.setup, ...others.offline, ...others.online.slice(1)],
      };
      // Another share of the model: that which another mask turns into what was opened.
      const maskSeed = seedsOf(55).mask;
      const own = masksFrom(plan, maskSeed);
      const layers: QuantisedLayer[] = linearSteps(plan).map(({ layer }) => ({
        weights: ring.add(ring.fromBytes(view.setup[layer]!), own[layer]!),
        bias: ring.draw(new Prg(new Uint8Array(32)), model.layers[layer]!.bias!.length),
      }));
      const viewers = masksFrom(plan, viewer === 0 ? seeds.mask : seeds.otherMask);
      const input = ring.toBytes(ring.draw(new Prg(new Uint8Array(32).fill(4)), 4 * BATCH));
      const { before, after } = underAnotherDeal(plan, BATCH, seen, {
        masksInputs: true,
        setupMessages: layers.length,
        maskOf: (layer) => ring.add(viewers[layer]!, own[layer]!),
        *play(dealt) {
          const server = new SecureMlServer({ plan, role, layers, maskSeed, random: () => new Uint8Array(32) });
          yield* server.setup();
          yield* server.offline(BATCH, dealt);
          return yield* server.online(input.slice());
        },
      });
      expect(joined(after)).toEqual(joined(seen.received));
      expect(joined(before)).not.toEqual(joined(seen.received));
    },
  );
});

function playSetup(party: Party<void>, messages: readonly Uint8Array[]): void {
  party.next(new Uint8Array(0));
  for (const message of messages) party.next(message.slice());
}
