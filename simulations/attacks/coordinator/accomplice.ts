import { inputLength } from '../../../protocol/rounds/index.ts';
import { type ClientState, type ClientStep, startClient, stepClient } from '../../../protocol/schemes/secagg/index.ts';
import type { KeyPair, Primitives, RandomSource } from '../../../protocol/crypto/index.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { type MemberDirectory, readInvitation, receiveMessage } from '../../../protocol/wire/index.ts';

/** Options of an accomplice. */
export interface AccompliceOptions {
  readonly member: MemberId;
  readonly primitives: Primitives;
  /** Absent in a curious round. */
  readonly identity: KeyPair | undefined;
  readonly directory: MemberDirectory | undefined;
  /** The attacker reads its output too. */
  readonly random: RandomSource;
  /** Its input. */
  readonly input: (length: number) => Uint32Array;
  readonly send: (bytes: Uint8Array) => void;
}

/**
 * A member that works with the coordinator: it follows the protocol, so that rounds continue with it, and keeps no
 * secret from the coordinator. It checks nothing for its own protection.
 */
export class Accomplice {
  readonly #options: AccompliceOptions;
  #state: ClientState | undefined;

  constructor(options: AccompliceOptions) {
    this.#options = options;
  }

  handle(bytes: Uint8Array): void {
    const { member, primitives, identity, directory, random } = this.#options;
    if (this.#state !== undefined) {
      this.#accept(stepClient(this.#state, { kind: 'message', message: receiveMessage(bytes) }));
      return;
    }
    const self = {
      member,
      ...(identity === undefined ? {} : { identity }),
      ...(directory === undefined ? {} : { directory }),
    };
    const policy = { adversary: 'curious', colluding: 0, minCohort: 2 } as const;
    this.#accept(startClient({ primitives, random, policy, self, invitation: readInvitation(bytes) }));
  }

  #accept({ state, send, events, wipe }: ClientStep): void {
    for (const secret of wipe) secret.wipe();
    this.#state = state;
    for (const { bytes } of send) this.#options.send(bytes);
    for (const event of events) {
      if (event.kind !== 'input-wanted') continue;
      const values = this.#options.input(inputLength(state.context.settings));
      this.#accept(stepClient(this.#state, { kind: 'input', values }));
    }
  }
}
