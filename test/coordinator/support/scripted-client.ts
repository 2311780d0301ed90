import { readInvitation } from '../../../protocol/wire/messages/invitation.ts';
import { EVENT_NAME } from '../../../coordinator/internal.ts';
import { encodeUpdate } from '../../../protocol/quantize/index.ts';
import { startClient, stepClient } from '../../../protocol/schemes/secagg/client/session.ts';
import type { ClientEvent, ClientState, ClientStep } from '../../../protocol/schemes/secagg/client/types.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../../protocol/crypto/random.ts';
import type { SecretBytes } from '../../../protocol/crypto/secret.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { messageName, type MessageName, receiveMessage } from '../../../protocol/wire/header.ts';
import type { RoundSettings } from '../../../protocol/wire/settings.ts';
import type { VirtualMembership } from '../../../simulations/engine/members.ts';
import { Peer } from './peer.ts';

/** What a client does otherwise than it should. */
export interface Script {
  /** Called before each message; what it returns is sent instead, `undefined` nothing at all. */
  readonly send?: (name: MessageName, bytes: Uint8Array, client: ScriptedClient) => Uint8Array | undefined;
  /** Every coordinate of its update; 0.5 unless it says otherwise. */
  readonly update?: number;
  readonly examples?: number;
  /** Changes the words that it masks, which no honest client does. */
  readonly words?: (values: Uint32Array, settings: RoundSettings) => void;
  readonly tasks?: readonly string[];
}

/** A client by the protocol's own session over a real socket, that breaks the rules where its script says so. */
export class ScriptedClient {
  readonly member: MemberId;
  readonly events: ClientEvent[] = [];
  readonly refusals: string[] = [];
  readonly settings: RoundSettings[] = [];
  readonly sent: { readonly name: MessageName; readonly bytes: Uint8Array }[] = [];
  /** Everything secret that the session ever wanted wiped, copied before it was. */
  readonly secrets: Uint8Array[] = [];
  readonly #url: string;
  readonly #membership: VirtualMembership;
  readonly #script: Script;
  #peer: Peer;
  #state: ClientState | undefined;
  seated: Promise<unknown>;

  constructor(
    url: string,
    options: { readonly member: MemberId; readonly membership: VirtualMembership; readonly script: Script },
  ) {
    this.#url = url;
    this.member = options.member;
    this.#membership = options.membership;
    this.#script = options.script;
    this.#peer = this.#connect();
    this.seated = this.#greet();
  }

  /** Loses its connection without a word. */
  cut(): void {
    this.#peer.cut();
  }

  /** Connects anew with the session it had. */
  async comeBack(): Promise<void> {
    this.#peer = this.#connect();
    this.seated = this.#greet();
    await this.seated;
  }

  close(): void {
    this.#peer.close();
  }

  /** Sends bytes as they are. @returns the code of a refusal */
  async sendRaw(bytes: Uint8Array): Promise<string | undefined> {
    return this.#peer.send(bytes);
  }

  /** Sends bytes as they are, and waits for no answer. */
  sendUnheard(bytes: Uint8Array): void {
    this.#peer.socket.emit(EVENT_NAME, bytes);
  }

  /** Sends an event that is not the protocol's. */
  emitOther(): void {
    this.#peer.socket.emit('other');
  }

  /** Everything that came over its present connection. */
  get received(): readonly Uint8Array[] {
    return this.#peer.received;
  }

  /** How the last round ended for this client; undefined while it has not. */
  get end(): ClientEvent | undefined {
    return this.events.findLast(({ kind }) => kind === 'committed' || kind === 'abandoned' || kind === 'refused');
  }

  #connect(): Peer {
    const peer = new Peer(this.#url);
    peer.onMessage = (bytes) => this.#received(bytes);
    return peer;
  }

  #greet(): Promise<unknown> {
    const greeted = this.#peer.greetAs(this.member, this.#membership.identities.get(this.member)!, this.#script.tasks);
    // Who waits for its seat sees the connection end; where nobody does, a client that was sent away is no fault.
    greeted.catch(() => undefined);
    return greeted;
  }

  #received(bytes: Uint8Array): void {
    const name = messageName(bytes);
    if (name === 'challenge' || name === 'welcome') return;
    if (name === 'invitation') this.#begin(bytes);
    else if (this.#state !== undefined)
      this.#apply(stepClient(this.#state, { kind: 'message', message: receiveMessage(bytes) }));
  }

  #begin(invitation: Uint8Array): void {
    this.#apply(
      startClient({
        primitives: nodePrimitives,
        random: systemRandom,
        policy: { adversary: 'curious', colluding: 0.2, minCohort: 2 },
        self: {
          member: this.member,
          identity: this.#membership.identities.get(this.member)!,
          directory: this.#membership.directory,
        },
        invitation: readInvitation(invitation),
      }),
    );
    this.settings.push(this.#state!.context.settings);
  }

  #apply(step: ClientStep): void {
    this.#state = step.state;
    for (const secret of step.wipe) this.#wipe(secret);
    this.events.push(...step.events);
    for (const { name, bytes } of step.send) this.#send(name, bytes);
    if (step.events.some(({ kind }) => kind === 'input-wanted')) this.#giveInput(step.state.context.settings);
  }

  #wipe(secret: SecretBytes): void {
    if (!secret.wiped) this.secrets.push(secret.expose().slice());
    secret.wipe();
  }

  #giveInput(settings: RoundSettings): void {
    const { update = 0.5, examples = 100 } = this.#script;
    const local = { update: new Float32Array(settings.dimension).fill(update), examples, loss: 1.5, accuracy: 0.25 };
    const { values } = encodeUpdate(settings, local, systemRandom);
    this.#script.words?.(values, settings);
    this.#apply(stepClient(this.#state!, { kind: 'input', values }));
  }

  #send(name: MessageName, bytes: Uint8Array): void {
    const { send = (_name: MessageName, same: Uint8Array): Uint8Array | undefined => same } = this.#script;
    const chosen = send(name, bytes, this);
    if (chosen === undefined) return;
    this.sent.push({ name, bytes: chosen });
    this.#peer.send(chosen).then(
      (code) => {
        if (code !== undefined) this.refusals.push(code);
      },
      () => undefined,
    );
  }
}
