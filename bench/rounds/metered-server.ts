import {
  type Outgoing,
  type ServerInput,
  type ServerParameters,
  type ServerStart,
  type ServerState,
  type ServerStateName,
  startServer,
  stepServer,
  type UnmaskPlan,
} from '../../protocol/schemes/secagg/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { receiveMessage } from '../../protocol/wire/index.ts';
import type { MaskVector } from '../../protocol/kernels/index.ts';

/** The phases of the server's time: the paper's rounds 0, 1, 2 and 4, and the expansion of left-over masks. */
export const SERVER_PHASES = ['advertiseKeys', 'shareKeys', 'maskedInput', 'unmasking', 'computing'] as const;

/** One of {@link SERVER_PHASES}. */
export type ServerPhase = (typeof SERVER_PHASES)[number];

/** A message's work counts for the state that handles it: the last one of a state also closes it. */
const PHASE_OF: Record<ServerStateName, ServerPhase> = {
  'advertise-keys': 'advertiseKeys',
  'share-keys': 'shareKeys',
  'masked-input': 'maskedInput',
  'consistency-check': 'maskedInput',
  unmasking: 'unmasking',
  computing: 'computing',
  committed: 'computing',
  aborted: 'computing',
};

/** The result of a committed round. */
export interface Committed {
  readonly sum: Uint32Array;
  readonly included: readonly MemberId[];
}

/** The real server session, with a clock around each step. */
export class MeteredServer {
  readonly phasesMs: Record<ServerPhase, number> = {
    advertiseKeys: 0,
    shareKeys: 0,
    maskedInput: 0,
    unmasking: 0,
    computing: 0,
  };
  plan: UnmaskPlan | undefined;
  committed: Committed | undefined;
  #state: ServerState | undefined;

  /** Sends the invitations. */
  open(start: ServerStart): readonly Outgoing[] {
    const from = performance.now();
    const step = startServer(start);
    this.phasesMs.advertiseKeys += performance.now() - from;
    this.#state = step.state;
    return this.#metered('advertiseKeys', step.send);
  }

  /** The parameters fixed when the roster is closed. */
  get facts(): ServerParameters {
    if (this.#state === undefined || !('facts' in this.#state)) throw new Error('the roster is not closed yet');
    return this.#state.facts;
  }

  get settingsHash(): Uint8Array {
    return this.#state!.context.settingsHash;
  }

  /** Passes on a member's message. @throws Error if the server does not accept it, which is a bug in the benchmark */
  receive(from: MemberId, bytes: Uint8Array): readonly Outgoing[] {
    return this.#step({ kind: 'message', from, message: receiveMessage(bytes) });
  }

  /** The deadline of the current state has passed. */
  deadline(): readonly Outgoing[] {
    return this.#step({ kind: 'deadline' });
  }

  /** Passes on the plan's result. */
  finish(correction: MaskVector): void {
    this.#step({ kind: 'unmasked', correction });
  }

  #step(input: ServerInput): readonly Outgoing[] {
    const before = this.#state!;
    const phase = PHASE_OF[before.name];
    const from = performance.now();
    const step = stepServer(before, input);
    for (const secret of step.wipe) secret.wipe();
    this.phasesMs[phase] += performance.now() - from;
    this.#state = step.state;
    if (step.refusal !== undefined) throw step.refusal;
    for (const event of step.events) {
      if (event.kind === 'unmask-plan') this.plan = event.plan;
      if (event.kind === 'committed') this.committed = event;
      if (event.kind === 'aborted') throw event.error;
    }
    return this.#metered(phase, step.send);
  }

  /** Encoding a message counts for the phase that it ends. */
  #metered(phase: ServerPhase, messages: readonly Outgoing[]): readonly Outgoing[] {
    return messages.map(({ to, name, bytes }) => ({
      to,
      name,
      bytes: () => {
        const from = performance.now();
        const made = bytes();
        this.phasesMs[phase] += performance.now() - from;
        return made;
      },
    }));
  }
}
