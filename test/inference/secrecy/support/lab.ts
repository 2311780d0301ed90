import { ChameleonAsker } from '../../../../inference/chameleon/asker.ts';
import { ChameleonOwner, chameleonModel } from '../../../../inference/chameleon/owner.ts';
import { demandsOf } from '../../../../inference/plan/demands.ts';
import type { QuantisedLayer } from '../../../../inference/plan/quantise.ts';
import type { Plan } from '../../../../inference/plan/types.ts';
import { joinAnswer, shareInputs } from '../../../../inference/secureml/asker.ts';
import { SecureMlServer } from '../../../../inference/secureml/server.ts';
import { splitLayers } from '../../../../inference/secureml/split.ts';
import type { Answer } from '../../../../inference/systems.ts';
import { nodePermutation } from '../../../../protocol/crypto/node/index.ts';
import { type Correlations, correctedSide, corrections, seededSide } from '../../../../protocol/mpc/dealer/index.ts';
import { WeightMasks } from '../../../../protocol/mpc/dealer/index.ts';
import { Prg } from '../../../../protocol/mpc/prg.ts';
import type { Words } from '../../../../protocol/mpc/sharing/index.ts';
import { type Party, runPair } from '../../../../protocol/mpc/turn.ts';

/** A plan with the weights that one owner has for it. */
export interface Model {
  readonly plan: Plan;
  readonly layers: readonly QuantisedLayer[];
}

/** All randomness of a run, by who draws it. A test that repeats one of them takes out what protects by its freshness. */
export interface Seeds {
  /** Masks of the weights; with SecureML those of server b. */
  readonly mask: Uint8Array;
  /** Masks of the weights of server a. */
  readonly otherMask: Uint8Array;
  /** The piece, of the seeded side (the asker, server a) and of the corrected one (the owner, server b). */
  readonly seeded: Uint8Array;
  readonly corrected: Uint8Array;
  /** Everything that no dealer gives: garbling, shares of the model and of the question. */
  readonly own: Uint8Array;
}

/** Seeds that a number stands for, but for those that are given. */
export function seedsOf(number: number, given: Partial<Seeds> = {}): Seeds {
  const bytes = new Uint8Array(32).fill(0x5e);
  new DataView(bytes.buffer).setUint32(0, number, true);
  const prg = new Prg(bytes);
  const draw = (): Uint8Array => prg.bytes(32);
  return { mask: draw(), otherMask: draw(), seeded: draw(), corrected: draw(), own: draw(), ...given };
}

/** All that one party receives, by phase. */
export interface View {
  readonly setup: readonly Uint8Array[];
  readonly offline: readonly Uint8Array[];
  readonly online: readonly Uint8Array[];
}

/** A run, with what each of the two parties saw: the owner or server b first. */
export interface Run {
  readonly answer: Answer;
  /** The owner's view and the asker's; with SecureML that of b and that of a. */
  readonly views: readonly [corrected: View, seeded: View];
  /** With SecureML the servers' answers, b's first. */
  readonly shares?: readonly [Uint8Array, Uint8Array];
  readonly trips: number;
}

/** A view as one string of bytes. */
export function bytesOf({ setup, offline, online }: View): Uint8Array {
  const all = [...setup, ...offline, ...online];
  const out = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const message of all) {
    out.set(message, at);
    at += message.length;
  }
  return out;
}

/** How a run differs from an honest one. */
export interface Tampering {
  /** Puts something else in the place of what the seeded side was dealt. */
  readonly seededSide?: (dealt: Correlations) => Correlations;
}

/** Runs a plan of Chameleon with the given randomness. */
export function runWith(model: Model, inputs: Words, batch: number, seeds: Seeds, tampering: Tampering = {}): Run {
  return model.plan.system === 'chameleon'
    ? chameleon(model, inputs, batch, seeds, tampering)
    : secureMl(model, inputs, batch, seeds, tampering);
}

type Dealt = readonly [corrected: Correlations, seeded: Correlations];

function deal(plan: Plan, batch: number, seeds: Seeds, { seededSide: tamper = (dealt) => dealt }: Tampering): Dealt {
  const demands = demandsOf(plan, batch);
  const masks = new WeightMasks({ seeded: seeds.otherMask, corrected: seeds.mask });
  const told = corrections(demands, seeds.seeded, seeds.corrected, masks);
  return [correctedSide(demands, seeds.corrected, told), tamper(seededSide(demands, seeds.seeded))];
}

function chameleon({ plan, layers }: Model, inputs: Words, batch: number, seeds: Seeds, tampering: Tampering): Run {
  const own = new Prg(seeds.own);
  const ready = chameleonModel({ plan, layers, maskSeed: seeds.mask, random: (length) => own.bytes(length) });
  const owner = new ChameleonOwner(ready);
  const asker = new ChameleonAsker(plan);
  const dealt = deal(plan, batch, seeds, tampering);
  const phases = [
    run(owner.setup(), asker.setup()),
    run(owner.offline(batch, dealt[0]), asker.offline(batch, dealt[1])),
  ];
  const online = run(owner.online(), asker.online(inputs));
  ready.prepared.wipe();
  asker.wipe();
  return { answer: online.results[1], ...seenIn([...phases, online]) };
}

function secureMl({ plan, layers }: Model, inputs: Words, batch: number, seeds: Seeds, tampering: Tampering): Run {
  const prg = new Prg(seeds.own);
  const random = (length: number): Uint8Array => prg.bytes(length);
  const [layersA, layersB] = splitLayers(plan, layers, random);
  const a = new SecureMlServer({ plan, role: 'a', layers: layersA, maskSeed: seeds.otherMask, random });
  const b = new SecureMlServer({ plan, role: 'b', layers: layersB, maskSeed: seeds.mask, random });
  const [shareA, shareB] = shareInputs(plan, inputs, random);
  const dealt = deal(plan, batch, seeds, tampering);
  const phases = [run(b.setup(), a.setup()), run(b.offline(batch, dealt[0]), a.offline(batch, dealt[1]))];
  const online = run(b.online(shareB.slice()), a.online(shareA.slice()));
  const { views, trips } = seenIn([...phases, online]);
  const answer = joinAnswer(plan, batch, online.results[1], online.results[0]);
  // A server also sees its share of the question.
  const [ofB, ofA] = views;
  const seen = [
    { ...ofB, online: [shareB, ...ofB.online] },
    { ...ofA, online: [shareA, ...ofA.online] },
  ] as const;
  return { answer, views: seen, trips, shares: online.results };
}

function run<A, B>(first: Party<A>, second: Party<B>) {
  return runPair(first, second, nodePermutation);
}

function seenIn(
  phases: readonly {
    readonly received: readonly [readonly Uint8Array[], readonly Uint8Array[]];
    readonly trips: number;
  }[],
): Pick<Run, 'views' | 'trips'> {
  const [setup, offline, online] = phases.map(({ received }) => received);
  const view = (party: 0 | 1): View => ({
    setup: setup![party],
    offline: offline![party],
    online: online![party],
  });
  return { views: [view(0), view(1)], trips: phases.reduce((sum, { trips }) => sum + trips, 0) };
}
