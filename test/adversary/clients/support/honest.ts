import { type App, join, type Participation, type ParticipationEvent } from '../../../../client/index.ts';
import type { KeyPair } from '../../../../protocol/crypto/keys.ts';
import { ParameterLayout, type Shapes } from '../../../../protocol/model/layout.ts';

/** The clip with which, in inputs of 16 bits and with a weight of one, integers are quantized to themselves. */
export const WHOLE_CLIP = 32_767;

/** The whole number, −1 … 3, that a member adds to a coordinate of the flat model in every round. No cohort adds up to nothing. */
export const changeOf = (member: number, coordinate: number): number => ((7 * member + coordinate) % 5) - 1;

/** An app that needs no time: it adds integers of its own. */
function wholeNumbers(member: number, shapes: Shapes): App {
  const layout = new ParameterLayout(shapes);
  return {
    shapes,
    data: () => undefined,
    train(parameters) {
      for (const name of layout.names) {
        const values = parameters[name]!;
        const from = layout.offsetOf(name);
        for (let i = 0; i < values.length; i++) values[i]! += changeOf(member, from + i);
      }
      return Promise.resolve({ parameters, examples: 1, loss: 0, accuracy: 0 });
    },
  };
}

/** Who an honest member is, and what it holds on to. */
export interface Honest {
  readonly member: number;
  readonly keys: KeyPair;
  readonly authorityKey: Uint8Array;
  readonly shapes: Shapes;
  readonly onEvent?: (event: ParticipationEvent) => void;
}

/** Joins as the shipped client does, with nothing changed. */
export function joinHonestly(url: string, { member, keys, authorityKey, shapes, onEvent }: Honest): Participation {
  return join(url, wholeNumbers(member, shapes), {
    identity: { member, keys },
    authorityKey,
    policy: { colluding: 0.1 },
    reconnectDelayMs: 50,
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}
