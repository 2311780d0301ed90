import { io, type Socket } from 'socket.io-client';
import { portablePrimitives } from '../../../protocol/crypto/portable.ts';
import type { KeyPair } from '../../../protocol/crypto/keys.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import { EVENT_NAME } from '../../../coordinator/internal.ts';
import { helloTranscript } from '../../../protocol/wire/hello-transcript.ts';
import { messageName, type MessageName } from '../../../protocol/wire/header.ts';
import { decodeAbort } from '../../../protocol/wire/messages/abort.ts';
import { decodeResume } from '../../../protocol/wire/messages/resume.ts';
import {
  decodeChallenge,
  decodeWelcome,
  encodeHello,
  type Hello,
  type Welcome,
} from '../../../protocol/wire/messages/connect.ts';

/** Bytes that are no Buffer: its `slice` would not copy. */
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** One socket of a hand-made client: it does what the test says, and keeps everything that comes. */
export class Peer {
  readonly socket: Socket;
  readonly received: Uint8Array[] = [];
  #waiting: { readonly name: MessageName; readonly resolve: (bytes: Uint8Array) => void }[] = [];
  #taken = new Set<Uint8Array>();
  readonly ended: Promise<string>;
  onMessage: ((bytes: Uint8Array) => void) | undefined;
  /** The coordinator's address, as this peer knows it. */
  readonly address: string;

  constructor(url: string) {
    this.address = new URL(url).href;
    this.socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
    this.ended = new Promise((resolve) => this.socket.on('disconnect', resolve));
    this.socket.on(EVENT_NAME, (raw: Uint8Array) => {
      const bytes = plain(raw);
      this.received.push(bytes);
      const name = messageName(bytes);
      const at = this.#waiting.findIndex((waiting) => waiting.name === name);
      if (at >= 0) {
        this.#taken.add(bytes);
        this.#waiting.splice(at, 1)[0]!.resolve(bytes);
      }
      this.onMessage?.(bytes);
    });
  }

  /** The next message of a kind that no other call has had. */
  next(name: MessageName): Promise<Uint8Array> {
    const there = this.received.find((bytes) => messageName(bytes) === name && !this.#taken.has(bytes));
    if (there !== undefined) {
      this.#taken.add(there);
      return Promise.resolve(there);
    }
    return new Promise((resolve) => this.#waiting.push({ name, resolve }));
  }

  /**
   * Sends whatever it is given.
   * @returns the code of the refusal, `resume` and an offset where the coordinator goes on with it, or undefined where it
   * was taken
   */
  async send(...payload: unknown[]): Promise<string | undefined> {
    const answer = (await this.socket.emitWithAck(EVENT_NAME, ...payload)) as Uint8Array | undefined;
    if (answer === undefined) return undefined;
    const bytes = plain(answer);
    return messageName(bytes) === 'resume' ? `resume ${decodeResume(bytes).offset}` : decodeAbort(bytes).code;
  }

  /** Says Hello as a member. @returns the welcome */
  async greetAs(member: number, identity: KeyPair, tasks: readonly string[] = []): Promise<Welcome> {
    const hello = await this.hello(memberHello(member, identity, tasks));
    await this.send(hello);
    return decodeWelcome(await this.next('welcome'));
  }

  /** Says Hello as a guest. @returns the welcome */
  async greetAsGuest(token: Uint8Array = new Uint8Array(), tasks: readonly string[] = []): Promise<Welcome> {
    await this.send(await this.hello(() => ({ who: { kind: 'guest', name: 'a guest', token }, tasks })));
    return decodeWelcome(await this.next('welcome'));
  }

  /** Bytes of a Hello that answers this connection's challenge. */
  async hello(make: (challenge: Uint8Array, address: string) => Pick<Hello, 'who' | 'tasks'>): Promise<Uint8Array> {
    const challenge = decodeChallenge(await this.next('challenge'));
    return encodeHello({ ...challenge, ...make(challenge.context, this.address) });
  }

  /** Ends as a client does that leaves. */
  close(): void {
    this.socket.disconnect();
  }

  /** Ends as a cable does that is pulled: the server sees only that the transport is gone. */
  cut(): void {
    this.socket.io.engine.close();
  }
}

/** What a member's Hello says, rightly signed. */
export const memberHello =
  (member: number, identity: KeyPair, tasks: readonly string[] = []) =>
  (
    challenge: Uint8Array,
    address: string,
  ): { who: Extract<Hello['who'], { kind: 'member' }>; tasks: readonly string[] } => ({
    who: {
      kind: 'member',
      member: memberId(member) satisfies MemberId,
      address,
      signature: portablePrimitives.ed25519Sign(
        identity.secretKey.expose(),
        helloTranscript(portablePrimitives, { challenge, address, member, tasks }),
      ),
    },
    tasks,
  });
