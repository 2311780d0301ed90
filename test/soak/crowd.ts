import { join, type Participation } from '../../client/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { memberId } from '../../protocol/ids.ts';
import { virtualMembership, type VirtualMembership } from '../../simulations/engine/virtual-task.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';
import { about, type Chance, chanceOf, wait } from './chance.ts';
import { contributing } from './contribution.ts';
import { actHostilely } from './hostile.ts';
import type { Said } from './ledger.ts';
import { Relay } from './relay.ts';

/** The clients of one process. */
export interface Crowd {
  readonly url: string;
  readonly seed: number;
  /** Everybody's number, from which all processes make the same members. */
  readonly clients: number;
  readonly honest: readonly number[];
  readonly hostile: readonly number[];
  /** Port of this process's own relay, through which a part of its clients reaches the coordinator. */
  readonly relay: number;
}

/** Everybody, with the keys of all: the same in every process of one soak. */
export const membersOf = (seed: number, clients: number): VirtualMembership =>
  virtualMembership(nodePrimitives, seeded(`soak ${seed}`), clients);

/** One in so many clients goes through the relay, and is cut off now and then. */
const RELAYED = 4;
/** Seconds between two cuts, and between two leaves of an honest client, on average. */
const CUT_EVERY = 12;
const LEAVE_EVERY = 60;

/** Takes part as long as the process lives. */
export async function joinCrowd(crowd: Crowd, say: (said: Said) => void, fault: (text: string) => void): Promise<void> {
  const membership = membersOf(crowd.seed, crowd.clients);
  const relay = await Relay.open(crowd.relay, Number(new URL(crowd.url).port));
  const relayed = `http://127.0.0.1:${crowd.relay}`;
  crowd.honest.forEach((member, i) => {
    void stay(
      i % RELAYED === 0 ? relayed : crowd.url,
      member,
      membership,
      chanceOf(crowd.seed, `${member}`),
      say,
      fault,
    );
  });
  for (const member of crowd.hostile)
    void actHostilely(crowd.url, member, membership, chanceOf(crowd.seed, `${member}`), say);
  const chance = chanceOf(crowd.seed, `cuts ${crowd.relay}`);
  for (;;) {
    await wait(about(chance, CUT_EVERY));
    relay.cut();
  }
}

/** An honest client that leaves now and then, and comes again. */
async function stay(
  url: string,
  member: number,
  { identities, authority }: VirtualMembership,
  chance: Chance,
  say: (said: Said) => void,
  fault: (text: string) => void,
): Promise<never> {
  for (;;) {
    const participation: Participation = join(url, contributing(member), {
      identity: { member, keys: identities.get(memberId(member))! },
      authorityKey: authority.publicKey,
      policy: { colluding: 0.1 },
      connectTimeoutMs: 120_000,
      reconnectDelayMs: 200,
      onEvent(event) {
        if (event.kind === 'sent' && event.message === 'maskedInput') {
          say({ kind: 'sent', task: event.task, round: event.round, member });
        }
        if (event.kind === 'committed' && event.included) {
          say({ kind: 'included', task: event.task, round: event.round, member });
        }
      },
    });
    participation.closed.catch((thrown: unknown) => fault(`member ${member}: ${String(thrown)}`));
    await Promise.race([wait(about(chance, LEAVE_EVERY)), participation.closed.catch(() => undefined)]);
    await participation.leave().catch(() => undefined);
    await wait(about(chance, 2));
  }
}
