import { describe, expect, it } from 'vitest';
import { generateIdentity } from '../../../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../../../protocol/crypto/node/native.ts';
import type { ErrorCode } from '../../../../protocol/errors.ts';
import { type DirectoryDates, openDirectory, signDirectory } from '../../../../protocol/wire/directory.ts';
import { enrolled, LASTING } from '../../../support/directory.ts';
import { seeded } from '../../../../simulations/attacks/open-round/lab.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { expectNoInput } from '../verdicts.ts';

const scene = useScenes();

const start = (): Promise<Scene> => scene({ seed: 'directory', n: 5, honest: [TARGET] });

/** Serves a directory, by the true authority or by the attacker's own. @returns its hash */
function serve(hall: Scene, { dates = LASTING, others = 4, byAuthority = true } = {}): Uint8Array {
  const random = seeded(`directory of ${others}`);
  const authority = byAuthority ? hall.membership.authority : generateIdentity(nodePrimitives, random);
  const { publicKey } = hall.membership.identities.get(TARGET)!;
  const invented = Array.from({ length: others }, (_, i) =>
    enrolled(100 + i, generateIdentity(nodePrimitives, random).publicKey),
  );
  const signed = signDirectory(nodePrimitives, authority, dates, [enrolled(TARGET, publicKey), ...invented]);
  hall.coordinator.served.set('/v1/directory', signed);
  return openDirectory(nodePrimitives, authority.publicKey, signed).hash;
}

/** What the target says to a round that names a directory. */
async function verdictOn(hall: Scene, directoryHash: Uint8Array): Promise<ErrorCode> {
  hall.invite(hall.settings({ directoryHash }));
  const { code } = await hall.target.log.next('refused');
  expectNoInput(hall);
  return code;
}

describe('the target refuses', () => {
  it('a directory of invented members, signed by an authority that the attacker has made', async () => {
    const hall = await start();
    expect(await verdictOn(hall, serve(hall, { byAuthority: false }))).toBe('directory-signature');
  });

  it('another directory than the round names', async () => {
    const hall = await start();
    serve(hall);
    expect(await verdictOn(hall, hall.membership.directory.hash)).toBe('directory-mismatch');
  });

  it('a stale directory, which still names a member that was revoked since', async () => {
    const hall = await start();
    const newer: DirectoryDates = { ...LASTING, serial: 8 };
    hall.invite(hall.settings({ directoryHash: serve(hall, { dates: newer, others: 3 }) }));
    await hall.until(() => hall.coordinator.transcript.of('up', 'advertiseKeys', TARGET).length > 0);
    const stale = serve(hall, { dates: { ...LASTING, serial: 7 }, others: 4 });
    expect(await verdictOn(hall, stale)).toBe('directory-rolled-back');
  });

  it('two directories under one number', async () => {
    const hall = await start();
    hall.invite(hall.settings({ directoryHash: serve(hall, { others: 3 }) }));
    await hall.until(() => hall.coordinator.transcript.of('up', 'advertiseKeys', TARGET).length > 0);
    expect(await verdictOn(hall, serve(hall, { others: 4 }))).toBe('directory-rolled-back');
  });

  it('a directory whose time is over', async () => {
    const hall = await start();
    const dates = { serial: 1, issued: 1, notAfter: LASTING.issued - 1 };
    expect(await verdictOn(hall, serve(hall, { dates }))).toBe('directory-expired');
  });

  it('bytes of random length and content for a directory', async () => {
    const hall = await start();
    hall.coordinator.served.set('/v1/directory', seeded('no directory')(1000));
    expect(await verdictOn(hall, hall.membership.directory.hash)).toBe('directory-signature');
  });

  it('bytes too few for a directory', async () => {
    const hall = await start();
    hall.coordinator.served.set('/v1/directory', new Uint8Array(10));
    expect(await verdictOn(hall, hall.membership.directory.hash)).toBe('wire-truncated');
  });
});
