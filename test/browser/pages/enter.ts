import {
  engineApp,
  join,
  layers,
  type Participation,
  type ParticipationEvent,
  sequential,
} from '../../../client/browser/index.ts';
import type { App } from '../../../client/app.ts';
import type { Dataset } from '../../../training/data/dataset.ts';
import { fromHex } from '../../../protocol/crypto/bytes.ts';
import { asCairnError } from '../../../protocol/errors.ts';

/** Labelled points in the plane, as JSON carries them. */
export interface Points {
  readonly inputs: readonly number[];
  readonly labels: readonly number[];
}

/** What a page, or its worker, is told to do. */
export interface Order {
  readonly url: string;
  readonly member: number;
  /** The member's identity and the authority's public key, as hex. */
  readonly identitySeed: string;
  readonly authorityKey: string;
  readonly points: Points;
  /** Makes its training repeatable. */
  readonly seed: number;
  readonly connectTimeoutMs?: number;
}

/** One training, and what came out of it. */
export interface Trained {
  readonly round: number;
  readonly seed: number;
  readonly examples: number;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

/** What a page's client tells the test. */
export type Told =
  | { readonly kind: 'event'; readonly event: ParticipationEvent }
  | { readonly kind: 'trained'; readonly trained: Trained }
  | { readonly kind: 'closed'; readonly code: string | undefined; readonly included: number };

/** The model of these tests: two hidden units, three classes of points in the plane. */
export const MODEL = sequential([layers.dense(4), layers.relu(), layers.dense(3)], [2]);

/** An app on the built-in engine, which tells of every training. */
export function pointsApp(points: Points, tell: (trained: Trained) => void): App<Dataset> {
  const { inputs, labels } = points;
  const data = {
    ...{ inputs: Float32Array.from(inputs), labels: Uint8Array.from(labels), examples: labels.length },
    ...{ inputSize: 2, inputShape: [2], classes: 3 },
  };
  const app = engineApp(MODEL, () => data);
  return {
    ...app,
    async train(parameters, own, context) {
      const result = await app.train(parameters, own, context);
      const { round, seed } = context;
      const values = Object.entries(result.parameters).map(([name, tensor]) => [name, [...tensor]] as const);
      tell({ round, seed, examples: result.examples, parameters: Object.fromEntries(values) });
      return result;
    },
  };
}

/** Joins, in a page or in a worker. */
export function enter(order: Order, tell: (told: Told) => void): Participation {
  const participation = join(
    order.url,
    pointsApp(order.points, (trained) => tell({ kind: 'trained', trained })),
    {
      identity: { member: order.member, seed: fromHex(order.identitySeed) },
      authorityKey: fromHex(order.authorityKey),
      seed: order.seed,
      onEvent: (event) => tell({ kind: 'event', event }),
      ...(order.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: order.connectTimeoutMs }),
    },
  );
  participation.closed.then(
    ({ included }) => tell({ kind: 'closed', code: undefined, included }),
    (error: unknown) => tell({ kind: 'closed', code: asCairnError(error).code, included: 0 }),
  );
  return participation;
}
