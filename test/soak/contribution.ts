import type { App } from '../../client/index.ts';
import { utf8 } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';

/** Parameters of each task's model. */
export const SIZE = 8;

/** The shapes of a model. */
export const SHAPES = { w: [SIZE] } as const;

const MOST = 200;

/**
 * What a member adds to a model in every round: integers up to 200 either way, so different for each member that a
 * sum tells whose they are.
 */
export function contributionOf(member: number): readonly number[] {
  const hash = nodePrimitives.sha256(utf8(`soak ${member}`));
  const view = new DataView(hash.buffer, hash.byteOffset);
  return Array.from({ length: SIZE }, (_, j) => (view.getUint32(4 * j) % (2 * MOST + 1)) - MOST);
}

/** An app that adds a member's contribution. */
export function contributing(member: number): App {
  const added = contributionOf(member);
  return {
    shapes: SHAPES,
    data: () => undefined,
    train(parameters) {
      const w = parameters.w!;
      for (let j = 0; j < SIZE; j++) w[j]! += added[j]!;
      return Promise.resolve({ parameters: { w }, examples: 1, loss: 0, accuracy: 0 });
    },
  };
}
