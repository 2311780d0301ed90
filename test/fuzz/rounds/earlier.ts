import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { virtualMembership, type VirtualMembership } from '../../../simulations/engine/virtual-task.ts';
import { Lab, type LabOptions, type Mail, seeded } from '../../../simulations/attacks/open-round/lab.ts';

/** A kind of round. */
export interface Kind {
  readonly adversary: 'curious' | 'active';
  readonly graph: 'complete' | 'ring';
}

const MOST = 8;

/** The members of all active rounds. */
let membership: VirtualMembership | undefined;

/** What all rounds of a kind are run with; without colluders and dropouts even three members have a ring. */
export function roundOptions({ adversary, graph }: Kind): Pick<LabOptions, 'adversary' | 'settings' | 'membership'> {
  membership ??= virtualMembership(nodePrimitives, seeded('fuzz members'), MOST);
  const shares = graph === 'ring' ? { colludingPpm: 0, dropoutPpm: 0 } : { colludingPpm: 50_000, dropoutPpm: 100_000 };
  return {
    adversary,
    settings: { graph, dimension: 3, modulusBits: 27, ...shares },
    ...(adversary === 'active' ? { membership } : {}),
  };
}

const recorded = new Map<string, readonly Mail[]>();

/** Every message of an earlier round of the same kind with as many members, in their order. */
export function earlierMessages(kind: Kind, n: number): readonly Mail[] {
  const key = `${kind.adversary} ${kind.graph} ${n}`;
  let messages = recorded.get(key);
  if (messages === undefined) {
    messages = new Lab({ ...roundOptions(kind), seed: `earlier ${key}`, n }).run().sent.map(({ mail }) => mail);
    recorded.set(key, messages);
  }
  return messages;
}
