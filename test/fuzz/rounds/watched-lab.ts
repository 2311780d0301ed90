import type { ClientInput, ClientState, ClientStep } from '../../../protocol/schemes/secagg/client/index.ts';
import type { ServerInput, ServerStep } from '../../../protocol/schemes/secagg/server/index.ts';
import { equalBytes } from '../../../protocol/crypto/bytes.ts';
import type { SecretBytes } from '../../../protocol/crypto/secret.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import type { Message } from '../../../protocol/wire/header.ts';
import { Lab } from '../../../simulations/attacks/open-round/lab.ts';
import { must, refusalCode } from '../outcome.ts';
import { Revealed } from './revealed.ts';

/** A lab that looks at every step of both sides, and throws a Violation where one does what no step may do. */
export class WatchedLab extends Lab {
  /** Steps taken so far. */
  steps = 0;
  /**
   * Whether something came to the sum that its member did not send, or a client was told of other members with shares
   * than its coordinator meant: then the sum is what it is.
   */
  tainted = false;
  readonly revealed = new Revealed();
  readonly #handedOver = new Set<SecretBytes>();

  override start(member: MemberId, invitation: Uint8Array): ClientStep {
    this.steps++;
    try {
      return super.start(member, invitation);
    } catch (thrown) {
      // Badly formed invitations are the one thing that is thrown: there is no session yet to refuse them.
      const code = refusalCode(thrown);
      must(code.startsWith('wire-') || code === 'session-mismatch', () => `an invitation was refused as ${code}`);
      return NOTHING;
    }
  }

  override clientDoes(member: MemberId, input: ClientInput): ClientStep {
    this.steps++;
    const before = this.clients.get(member)!;
    const sent = this.sent.length;
    const step = super.clientDoes(member, input);
    if (before.name === 'closed') {
      must(step.state.name === 'closed' && step.send.length === 0, 'a closed client went on');
    }
    this.#look(step, mayBeInternal(input, before));
    if (input.kind === 'message') this.#looked(member, before, step, input.message);
    must(this.sent.length >= sent, 'messages were taken back');
    return step;
  }

  override serverDoes(input: ServerInput): ServerStep {
    this.steps++;
    const before = this.server;
    const wasOver = this.over;
    const received = before.name === 'masked-input' ? before.received : undefined;
    const count = received?.size;
    const step = super.serverDoes(input);
    if (wasOver) must(step.state === before && step.send.length === 0, 'a round that had ended went on');
    this.#look(step, input.kind === 'unmasked');
    if (input.kind === 'message' && received !== undefined && received.size !== count) {
      const own = this.sent.some(
        ({ to, mail }) => to === 'server' && mail.member === input.from && equalBytes(mail.bytes, input.message.bytes),
      );
      if (!own) this.tainted = true;
    }
    return step;
  }

  /** What holds of every step. */
  #look(step: { readonly wipe: readonly SecretBytes[]; readonly refusal?: CairnError }, internal: boolean): void {
    for (const secret of step.wipe) {
      must(secret.wiped && secret.forTestingIsZero(), 'a secret that was handed over is there still');
      must(!this.#handedOver.has(secret), 'a secret was handed over to be wiped twice');
      this.#handedOver.add(secret);
    }
    const errors = [
      step.refusal,
      ...('events' in step ? (step as ClientStep | ServerStep).events : []).map((event) =>
        'error' in event ? event.error : undefined,
      ),
    ];
    for (const error of errors) if (error !== undefined && !internal) refusalCode(error);
  }

  #looked(member: MemberId, before: ClientState, step: ClientStep, { name, bytes }: Message): void {
    if (step.refusal !== undefined) {
      must(
        step.state === before && step.send.length === 0 && step.wipe.length === 0,
        'a refused message did something',
      );
      return;
    }
    if (step.send.some((sent) => sent.name === 'unmaskShares')) {
      must(step.state.name === 'done' && step.send.length === 1, 'shares were revealed beside something else');
      this.revealed.answered(member, before, bytes);
    }
    if (before.name === 'share-keys' && name === 'routedShares') {
      const meant = this.sent.some(
        ({ to, mail }) => to === 'client' && mail.member === member && equalBytes(mail.bytes, bytes),
      );
      if (!meant) this.tainted = true;
    }
  }
}

const NOTHING = { send: [], events: [], wipe: [] } as unknown as ClientStep;

/** Faults of the program itself: another number of agreements than was asked for. */
function mayBeInternal(input: ClientInput, before: ClientState): boolean {
  return input.kind === 'agreements' && (before.name === 'cipher-agreement' || before.name === 'mask-agreement');
}
