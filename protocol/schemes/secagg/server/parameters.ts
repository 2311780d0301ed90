import type { MerkleTree } from '../../../crypto/merkle.ts';
import type { ClientIndex, MemberId } from '../../../ids.ts';
import type { MaskVector } from '../../../kernels/index.ts';
import type { Advertisement } from '../messages/advertise-keys.ts';
import type { Graph } from '../graph/index.ts';
import type { RoundParameters } from '../parameters/index.ts';

/** What is fixed once the roster is closed: U1 and what follows from it. */
export interface ServerParameters {
  readonly sessionId: Uint8Array;
  readonly parameters: RoundParameters;
  readonly graph: Graph;
  /** Members whose signatures over U3 count, ascending; none in a curious round. */
  readonly witnesses: readonly ClientIndex[];
  /** By index: ascending member ids. */
  readonly roster: readonly Advertisement[];
  readonly indexOf: ReadonlyMap<MemberId, ClientIndex>;
  readonly tree: MerkleTree;
}

/** What a member committed to as its self mask seed. */
export interface Commitment {
  /** 32 bytes. */
  readonly commitment: Uint8Array;
  /** The member's signature over it in an active round, which proves to others that it is its own. */
  readonly signature: Uint8Array | undefined;
}

/** What must be kept of round 1 once shares are routed: the members that shared, and their commitments. */
export interface SharedKeys {
  readonly facts: ServerParameters;
  /** U2, by index. */
  readonly sharers: ReadonlySet<ClientIndex>;
  /** What each member of U2 committed to as its self mask seed. */
  readonly commitments: ReadonlyMap<ClientIndex, Commitment>;
}

/** What must be kept once U3 is fixed. */
export interface FrozenSum extends SharedKeys {
  /** U3 as a bitmap over the roster. */
  readonly survivors: Uint8Array;
  /** The running sum of all masked inputs. */
  readonly sum: MaskVector;
}
