import type { ClientStart } from '../../protocol/rounds/index.ts';
import { readInvitation, receiveMessage } from '../../protocol/wire/index.ts';
import { type ClientState, startClient, stepClient } from '../../protocol/schemes/secagg/index.ts';

/** The phases of a client's time: the paper's rounds 0, 1, 2 and 4. */
export const CLIENT_PHASES = ['advertiseKeys', 'shareKeys', 'maskedInput', 'unmasking'] as const;

/** One of {@link CLIENT_PHASES}. */
export type ClientPhase = (typeof CLIENT_PHASES)[number];

/** A client's work in a state leads to the next message of the paper. */
const PHASE_OF: Record<ClientState['name'], ClientPhase> = {
  'advertise-keys': 'shareKeys',
  'cipher-agreement': 'shareKeys',
  'share-keys': 'maskedInput',
  'mask-agreement': 'maskedInput',
  'masked-input': 'maskedInput',
  'consistency-check': 'unmasking',
  unmasking: 'unmasking',
  done: 'unmasking',
  closed: 'unmasking',
};

/** A real client session, with a clock around each step and a count of its bytes. */
export class RealClient {
  readonly phasesMs: Record<ClientPhase, number> = { advertiseKeys: 0, shareKeys: 0, maskedInput: 0, unmasking: 0 };
  bytesUp = 0;
  bytesDown = 0;
  #state: ClientState | undefined;

  /** Answers the invitation. */
  start(start: Omit<ClientStart, 'invitation'>, bytes: Uint8Array): Uint8Array | undefined {
    this.bytesDown += bytes.length;
    return this.#run('advertiseKeys', () => startClient({ ...start, invitation: readInvitation(bytes) }));
  }

  /** Answers a message; undefined if the session needs its input first. */
  receive(bytes: Uint8Array): Uint8Array | undefined {
    this.bytesDown += bytes.length;
    const state = this.#state!;
    return this.#run(PHASE_OF[state.name], () => {
      return stepClient(state, { kind: 'message', message: receiveMessage(bytes) });
    });
  }

  /** Masks the input. */
  input(values: Uint32Array): Uint8Array | undefined {
    const state = this.#state!;
    return this.#run('maskedInput', () => stepClient(state, { kind: 'input', values }));
  }

  #run(phase: ClientPhase, work: () => ReturnType<typeof stepClient>): Uint8Array | undefined {
    const from = performance.now();
    const step = work();
    for (const secret of step.wipe) secret.wipe();
    this.phasesMs[phase] += performance.now() - from;
    this.#state = step.state;
    if (step.refusal !== undefined) throw step.refusal;
    for (const event of step.events) if (event.kind === 'refused') throw event.error;
    const bytes = step.send.at(0)?.bytes;
    this.bytesUp += bytes?.length ?? 0;
    return bytes;
  }
}
