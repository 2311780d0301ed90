import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDirectory } from '../../coordinator/directory.ts';
import { DirectoryFile } from '../../coordinator/directory-file.ts';
import { MemberRegistry } from '../../coordinator/members.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives as primitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { CairnError } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { type DirectoryEntry, signDirectory } from '../../protocol/wire/directory.ts';
import { decodeAbort } from '../../protocol/wire/messages/abort.ts';
import { enrolled, LASTING } from '../support/directory.ts';
import { closeGateways, gatewayMembership, openGateway, TestPlace } from './support/gateway.ts';
import { closeAll, membership, openHall, temporaryFolder } from './support/hall.ts';
import { until } from './support/until.ts';

const authority = generateIdentity(primitives, systemRandom);
const keyOf = (): Uint8Array => generateIdentity(primitives, systemRandom).publicKey;
const [anna, ben, cleo] = [enrolled(1, keyOf()), enrolled(2, keyOf()), enrolled(3, keyOf())];

let file: string;
let members: MemberRegistry;
let watched: DirectoryFile;
let told: string[];

const load = () => loadDirectory(primitives, { file, authorityKey: toHex(authority.publicKey) }, LASTING.issued);
const put = (serial: number, entries: readonly DirectoryEntry[], by = authority): Promise<void> =>
  writeFile(file, signDirectory(primitives, by, { ...LASTING, serial }, entries));

beforeEach(async () => {
  file = join(await temporaryFolder(), 'members.directory');
  await put(5, [anna, ben]);
  members = new MemberRegistry(await load(), [], () => LASTING.issued);
  told = [];
  watched = new DirectoryFile({
    path: file,
    load,
    members,
    onRenewed: (serial, gone) => void told.push(`${serial}: without ${gone.join(', ')}`),
    onRefused: ({ code }) => void told.push(code),
  });
});

afterEach(closeGateways);
afterEach(closeAll);

describe('a directory file', () => {
  it('that is newer is loaded, and tells which members are gone or have another key', async () => {
    await put(6, [ben, cleo]);
    await watched.refresh();
    await put(9, [{ ...ben, identityKey: keyOf() }, cleo]);
    await watched.refresh();
    expect(told).toEqual(['6: without 1', '9: without 2']);
    expect([1, 2, 3].map((id) => members.has(memberId(id)))).toEqual([false, true, true]);
    expect(members.current()?.serial).toBe(9);
  });

  it('that is older, different with the same number, expired, another authority’s or damaged is rejected', async () => {
    await watched.refresh();
    await put(4, [anna]);
    await watched.refresh();
    await put(5, [anna]);
    await watched.refresh();
    const past = { serial: 6, issued: 1, notAfter: LASTING.issued - 1 };
    await writeFile(file, signDirectory(primitives, authority, past, [anna]));
    await watched.refresh();
    await put(6, [anna], generateIdentity(primitives, systemRandom));
    await watched.refresh();
    await writeFile(file, 'no directory');
    await watched.refresh();
    expect(told).toEqual([
      'directory-rolled-back',
      'directory-rolled-back',
      'directory-expired',
      'directory-signature',
      'config-unreadable',
    ]);
    expect(members.current()?.serial).toBe(5);
    expect(members.has(ben.member)).toBe(true);
  });
});

describe('a member that is expelled', () => {
  it('leaves its round, is told why, and its connection ends', async () => {
    const hall = await openGateway();
    const [peer, other] = [hall.peer(), hall.peer()];
    const place = new TestPlace();
    await peer.greetAs(1, gatewayMembership.identities.get(memberId(1))!);
    await other.greetAs(2, gatewayMembership.identities.get(memberId(2))!);
    place.seat(hall.seats, [memberId(1)]);
    hall.seats.expel([memberId(1), memberId(7)], () => new CairnError('identity-unknown', 'gone'));
    expect(await peer.ended).toBe('io server disconnect');
    expect(place.heard).toEqual(['1 leaves: member-left']);
    expect(hall.told).toEqual(['joined 1', 'joined 2', 'left 1']);
    expect(decodeAbort(await peer.next('abort'))).toMatchObject({ code: 'identity-unknown' });
    expect(hall.seats.idle('mnist')).toEqual([memberId(2)]);
  });
});

describe('a running coordinator', () => {
  it('loads a newer directory that replaces the file, and serves it', async () => {
    const hall = await openHall({ cohort: 12 });
    const client = await hall.join(1);
    const url = `${hall.coordinator.url}/v1/directory`;
    const served = async (): Promise<string> => toHex(new Uint8Array(await (await fetch(url)).arrayBuffer()));
    expect(await served()).toBe(toHex(membership.signed));
    const entries = [...membership.directory.entries.values()].filter(({ member }) => member !== client.member);
    const next = signDirectory(primitives, membership.authority, { ...LASTING, serial: 2 }, entries);
    await writeFile(`${hall.directory}.new`, next);
    await rename(`${hall.directory}.new`, hall.directory);
    await until(() => hall.members.includes('left 1'));
    expect(await served()).toBe(toHex(next));
    expect(hall.lines.some((line) => line.includes('"event":"directory-renewed"') && line.includes('"serial":2'))).toBe(
      true,
    );
  });
});
