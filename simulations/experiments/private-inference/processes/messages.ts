import type { QuantisedLayer } from '../../../../inference/index.ts';
import type { Words } from '../../../../protocol/mpc/sharing/index.ts';

/** The paths of the dealer's WebSocket, and of a side's. */
export const [DEAL_PATH, SIDE_PATH] = ['/deal', '/side'] as const;

/** A side of a computation: what it knows beside the plan. */
export type Party =
  | {
      readonly system: 'chameleon';
      readonly role: 'owner';
      readonly layers: readonly QuantisedLayer[];
      readonly maskSeed: Uint8Array;
    }
  | { readonly system: 'chameleon'; readonly role: 'asker' }
  | {
      readonly system: 'secureml';
      readonly role: 'a' | 'b';
      readonly layers: readonly QuantisedLayer[];
      readonly maskSeed: Uint8Array;
    };

/** A side of a computation, and whom it reaches. */
export interface Place {
  readonly party: Party;
  /** The plan's encoding. */
  readonly plan: Uint8Array;
  /** Where the dealer is. */
  readonly dealer: string;
}

/** What passed while something was done, and how long it took. */
export interface Phase {
  readonly seconds: number;
  /** Bytes to and from the other side. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Times that this side sent after it had received. */
  readonly turns: number;
  /** Bytes from the dealer. */
  readonly dealtBytes: number;
}

/** What a side ends a batch with: classes, or its share of the answer; the model's owner has nothing. */
export type Outcome = Uint32Array | Uint8Array | undefined;

/** What a process of the experiment is told to do, each with what it answers. */
export interface Commands {
  /** Becomes the dealer; the port that it listens at. */
  deal: { readonly input: Record<string, never>; readonly output: number };
  /** Becomes a line to a port: bytes take half the round-trip time each way, and no more pass than the bandwidth. */
  shape: {
    readonly input: { readonly target: number; readonly roundTripMs: number; readonly megabytesPerSecond: number };
    readonly output: number;
  };
  /** Becomes the side that is connected to; the port that it listens at. */
  listen: { readonly input: Place; readonly output: number };
  /** Becomes the side that connects. */
  dial: { readonly input: Place & { readonly url: string }; readonly output: undefined };
  /** What serves all batches of a connection. Both sides at once. */
  setup: { readonly input: Record<string, never>; readonly output: Phase };
  /** Prepares a batch. Both sides at once, with the same session. */
  offline: { readonly input: { readonly batch: number; readonly session: Uint8Array }; readonly output: Phase };
  /** Takes the input of the batch that was prepared: ring elements, or a share of them; nothing for a model's owner. */
  input: { readonly input: { readonly values: Words | Uint8Array | undefined }; readonly output: undefined };
  /** Computes the batch. Both sides at once. */
  online: { readonly input: Record<string, never>; readonly output: OnlineResult };
}

/** The end of a batch on one side. */
export interface OnlineResult {
  readonly phase: Phase;
  readonly outcome: Outcome;
  /** The process's largest memory so far, in 10^6 bytes. */
  readonly peakMegabytes: number;
}

/** A command as it is sent to a process. */
export interface Call<Name extends keyof Commands = keyof Commands> {
  readonly id: number;
  readonly name: Name;
  readonly input: Commands[Name]['input'];
}

/** Its answer. */
export type Reply =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };
