import { afterEach, describe, expect, it } from 'vitest';
import { decodeChallenge, decodeHello, encodeHello } from '../../../../protocol/wire/messages/connect.ts';
import { closeGateways, gatewayMembership, openGateway } from '../../../coordinator/support/gateway.ts';
import { memberHello, type Peer } from '../../../coordinator/support/peer.ts';
import { join } from '../../../../client/index.ts';
import { EvilCoordinator } from '../../../../simulations/attacks/coordinator/evil-coordinator.ts';
import { PerceptronApp } from '../../../../simulations/attacks/coordinator/perceptron.ts';

afterEach(closeGateways);

const MEMBER = 3;

/** The shipped client visits an evil coordinator, which asks it what another one asks. @returns the Hello for that one */
async function relayedHello(peer: Peer): Promise<Uint8Array> {
  const challenge = decodeChallenge(await peer.next('challenge')).context;
  let answered: (hello: Uint8Array) => void;
  const hello = new Promise<Uint8Array>((resolve) => (answered = resolve));
  const evil = await EvilCoordinator.start({
    challenge: () => Promise.resolve(challenge),
    onHello: (bytes) => answered(bytes),
  });
  const participation = join(evil.url, new PerceptronApp('relay'), {
    identity: { member: MEMBER, keys: [...gatewayMembership.identities.values()][MEMBER - 1]! },
    authorityKey: gatewayMembership.authority.publicKey,
  });
  const relayed = await hello;
  expect(decodeHello(relayed)).toMatchObject({ context: challenge, who: { address: `${evil.url}/` } });
  await participation.leave();
  await evil.stop();
  return relayed;
}

describe('a coordinator that passes on another one’s challenge', () => {
  it('does not get the member’s seat there: the Hello is signed for the address that the member visits', async () => {
    const hall = await openGateway();
    const peer = hall.peer();
    expect(await peer.send(await relayedHello(peer))).toBe('coordinator-address');
    expect(hall.seats.connected).toBe(0);
  });

  it('does not get it by writing the other address over its own, either', async () => {
    const hall = await openGateway();
    const peer = hall.peer();
    const hello = decodeHello(await relayedHello(peer));
    if (hello.who.kind !== 'member') throw new Error('a member was expected');
    const readdressed = encodeHello({ ...hello, who: { ...hello.who, address: peer.address } });
    expect(await peer.send(readdressed)).toBe('identity-signature');
    expect(hall.seats.connected).toBe(0);
  });

  it('is all that stands in the way: the same member, visiting that coordinator itself, gets its seat', async () => {
    const hall = await openGateway();
    const peer = hall.peer();
    const keys = [...gatewayMembership.identities.values()][MEMBER - 1]!;
    await peer.send(await peer.hello(memberHello(MEMBER, keys)));
    await peer.next('welcome');
    expect(hall.seats.connected).toBe(1);
  });
});
