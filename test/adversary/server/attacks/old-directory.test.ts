import { describe, expect, it } from 'vitest';
import { type SerialMemory, serialsInMemory } from '../../../../client/enrolment/serial-memory.ts';
import { toHex } from '../../../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../../../protocol/crypto/node/native.ts';
import { openDirectory, signDirectory } from '../../../../protocol/wire/directory.ts';
import { LASTING } from '../../../support/directory.ts';
import { expectNoInput } from '../verdicts.ts';
import { type Scene, type SceneOptions } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';

const scene = useScenes();

/** Whom the authority revokes; the coordinator would have it in its rounds all the same. */
const REVOKED = 6;

/** Remembers nothing: a client without the protection. */
const forgetful = (): SerialMemory => ({
  newest: () => Promise.resolve(undefined),
  note: () => Promise.resolve(),
});

/** Every client takes in the directory of the first days, which names everybody. */
async function startOld(options: Pick<SceneOptions, 'seed' | 'serials'>): Promise<Scene> {
  const hall = await scene({ n: 6, ...options });
  for (const member of hall.honest) hall.invite(hall.settings(), member);
  await hall.until(() =>
    hall.honest.every((member) => hall.coordinator.transcript.of('up', 'advertiseKeys', member).length > 0),
  );
  return hall;
}

/** What the authority signs next: the same list under the next number, without one member. */
function revoke(hall: Scene): { readonly signed: Uint8Array; readonly hash: Uint8Array; readonly serial: number } {
  const { authority, directory } = hall.membership;
  const serial = directory.serial + 1;
  const entries = [...directory.entries.values()].filter(({ member }) => member !== REVOKED);
  const signed = signDirectory(nodePrimitives, authority, { ...LASTING, serial }, entries);
  return { signed, serial, hash: openDirectory(nodePrimitives, authority.publicKey, signed).hash };
}

/** Shows the newer directory to every client, in a round that names another one. */
async function showNewer(hall: Scene): Promise<void> {
  hall.coordinator.served.set('/v1/directory', revoke(hall).signed);
  for (const member of hall.honest) {
    hall.invite(hall.settings({ directoryHash: new Uint8Array(32).fill(member) }), member);
    expect((await hall.client(member).log.next('refused')).code).toBe('directory-mismatch');
  }
  for (const { log } of hall.clients.values()) log.events.splice(0);
}

describe('a directory that every client holds, older than the newest that it has seen', () => {
  it('is believed by none of them, and nobody sends an input beside a revoked member', async () => {
    const hall = await startOld({ seed: 'old directory' });
    await showNewer(hall);
    hall.round({}, hall.settings());
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['directory-rolled-back']));
    expectNoInput(hall);
  });

  it('is refused also where another process of the same identity has seen the newer one', async () => {
    const memories: SerialMemory[] = [];
    const serials = (): SerialMemory => {
      const memory = serialsInMemory();
      memories.push(memory);
      return memory;
    };
    const hall = await startOld({ seed: 'old directory, other process', serials });
    const { serial, hash } = revoke(hall);
    const authority = toHex(hall.membership.authority.publicKey);
    await Promise.all(memories.map((memory) => memory.note(authority, { serial, hash: toHex(hash) })));
    hall.round({}, hall.settings());
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['directory-rolled-back']));
    expectNoInput(hall);
  });

  it('would be believed by clients that remember nothing, who send their inputs beside the revoked member', async () => {
    const hall = await startOld({ seed: 'old directory, forgetful', serials: forgetful });
    await showNewer(hall);
    const settings = hall.settings();
    hall.round({}, settings);
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['committed']));
    expect(hall.attempt(settings).sum?.members).toEqual(hall.members);
    expect(hall.members).toContain(REVOKED);
  });
});
