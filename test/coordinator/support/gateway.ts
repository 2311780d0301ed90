import { type Message } from '../../../protocol/wire/header.ts';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gateway, type GatewayOptions, Seats } from '../../../coordinator/gateway/index.ts';
import type { SeatedRound } from '../../../coordinator/gateway/seat.ts';
import type { RoundHandle, Verdict } from '../../../coordinator/rounds/seat-hub.ts';
import type { Limits } from '../../../coordinator/config/limits.ts';
import { LIMITS } from './limits.ts';
import { AdmissionControl } from '../../../coordinator/limits/admission-control.ts';
import { Addresses } from '../../../coordinator/addresses.ts';
import { MemberRegistry } from '../../../coordinator/members.ts';
import { Origins } from '../../../coordinator/origins.ts';
import type { SeatOptions } from '../../../coordinator/gateway/seats.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../../protocol/crypto/random.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import type { SignedDirectory } from '../../../protocol/wire/directory.ts';
import { virtualMembership } from '../../../simulations/engine/virtual-task.ts';
import { Peer } from './peer.ts';

/** Identities of members 1 … 8, whom the gateway of these tests knows. */
export const gatewayMembership = virtualMembership(nodePrimitives, systemRandom, 8);

/** A gateway without rounds, and everything that it told. */
export interface GatewayHall {
  readonly seats: Seats;
  readonly told: string[];
  readonly refused: string[];
  /** Opens a connection, which has not said Hello. */
  peer(): Peer;
}

const closers: (() => Promise<void> | void)[] = [];

/** Ends every gateway and every connection that a test has opened. */
export async function closeGateways(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

type Change = Partial<GatewayOptions> &
  Partial<SeatOptions> & {
    /** The directory, unless it is that of {@link gatewayMembership}; undefined for none. */
    readonly directory?: SignedDirectory | undefined;
    /** Tasks that guests may take part in. */
    readonly open?: readonly string[];
    readonly clock?: () => number;
    readonly limits?: Partial<Limits>;
  };

/** Starts a gateway on a free port. */
export async function openGateway(change: Change = {}): Promise<GatewayHall> {
  const http = createServer();
  const told: string[] = [];
  const refused: string[] = [];
  const tell = (what: string) => (member: number) => void told.push(`${what} ${member}`);
  const { directory, open = [], limits, clock = () => gatewayMembership.directory.now, ...others } = change;
  const loaded =
    'directory' in change && directory === undefined
      ? undefined
      : { signed: gatewayMembership.signed, directory: directory ?? gatewayMembership.directory };
  const members = new MemberRegistry(loaded, open, clock);
  const seats = new Seats({
    graceMs: change.graceMs ?? 60_000,
    admitted: (task) => members.admitted(task),
    joined: tell('joined'),
    away: tell('away'),
    back: tell('back'),
    left: tell('left'),
  });
  const addresses = new Addresses({ publicUrls: [], host: '127.0.0.1', scheme: 'http' });
  const gateway = new Gateway({
    http,
    seats,
    primitives: nodePrimitives,
    random: systemRandom,
    origins: new Origins([], addresses),
    members,
    tasks: ['mnist', 'other'],
    addresses,
    trustProxy: 0,
    uploads: 4,
    uploadStallMs: 10_000,
    minUploadRate: 65_536,
    helloTimeoutMs: 10_000,
    entrance: new AdmissionControl({ ...LIMITS, ...limits, trustProxy: 0 }, 10_000_000),
    onRefused: (what, code) => void refused.push(`${what} ${code}`),
    ...others,
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  closers.push(() => gateway.close());
  return {
    seats,
    told,
    refused,
    peer: () => {
      const peer = new Peer(url);
      closers.push(() => peer.close());
      return peer;
    },
  };
}

/** A round that takes everything, and remembers it. */
export class TestPlace implements RoundHandle, SeatedRound {
  readonly handle = this;
  readonly context = new Uint8Array(32).fill(7);
  readonly heard: string[] = [];
  readonly messages: Uint8Array[] = [];
  /** The memory in which messages came. */
  readonly memory = new Set<ArrayBufferLike>();
  largest = 10_000_000;
  /** What has been sent to its members. */
  bytesDown = 0;
  /** What it says of whole messages. */
  refused: CairnError | undefined;
  /** What it says of headers. */
  forbidden: CairnError | undefined;

  /** What its state has left, in milliseconds. */
  left = 600_000;

  /** Seats members in this round. */
  seat(seats: Seats, members: readonly MemberId[]): void {
    seats.onMessage(this, this);
    seats.assign(members, this);
  }

  refusal(): CairnError | undefined {
    return this.forbidden;
  }

  timeLeft(): number {
    return this.left;
  }

  message(member: number, { bytes }: Message): Verdict {
    this.heard.push(`${member}: ${bytes.constructor.name} ${bytes.length}`);
    this.messages.push(bytes.slice());
    this.memory.add(bytes.buffer);
    return this.refused;
  }

  leave(member: number, reason: string): void {
    this.heard.push(`${member} leaves: ${reason}`);
  }

  sent(bytes: number): void {
    this.bytesDown += bytes;
  }
}
