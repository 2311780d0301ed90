import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../../protocol/errors.ts';
import { messageName } from '../../../../protocol/wire/header.ts';
import type { Mail } from '../../../../simulations/attacks/open-round/lab.ts';
import { seeded } from '../../../../simulations/attacks/open-round/lab.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { expectOnlySum } from '../verdicts.ts';

const scene = useScenes();

const N = 5;

const withByte = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const changed = bytes.slice();
  changed[at] = value;
  return changed;
};

/** A length or number of the body, if there is one, that nothing could hold. */
function hugeCount(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed.fill(0xff, 35, 39);
  return changed;
}

/** What is sent before each message that an honest coordinator would send, and how a client may refuse it. */
const BAD: readonly [string, (bytes: Uint8Array) => Uint8Array, readonly ErrorCode[]][] = [
  ['nothing at all', () => new Uint8Array(), ['wire-truncated']],
  ['half a header', (bytes) => bytes.subarray(0, 20), ['wire-truncated']],
  ['half a message', (bytes) => bytes.subarray(0, Math.ceil(bytes.length / 2)), ['wire-truncated']],
  ['one byte too few', (bytes) => bytes.subarray(0, -1), ['wire-truncated']],
  ['one byte too many', (bytes) => Uint8Array.of(...bytes, 0), ['wire-trailing']],
  ['another version', (bytes) => withByte(bytes, 0, 9), ['wire-version']],
  ['another suite', (bytes) => withByte(bytes, 1, 2), ['wire-suite', 'session-mismatch']],
  ['an unknown suite', (bytes) => withByte(bytes, 1, 0), ['wire-suite']],
  ['an unknown type', (bytes) => withByte(bytes, 2, 0xee), ['wire-type']],
  ['a type that only clients send', (bytes) => withByte(bytes, 2, 0x06), ['wrong-state', 'session-mismatch']],
  ['another context', (bytes) => withByte(bytes, 10, bytes[10]! ^ 1), ['session-mismatch']],
  ['a count beyond everything', hugeCount, ['wire-bounds', 'wire-truncated', 'wire-not-canonical']],
  ['random bytes', () => seeded('noise')(5000), ['wire-version']],
  ['eight megabytes', (bytes) => withPadding(bytes, 2 ** 23), ['wire-trailing']],
];

function withPadding(bytes: Uint8Array, length: number): Uint8Array {
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return padded;
}

const isInvitation = (mail: Mail): boolean => messageName(mail.bytes) === 'invitation';

/** Runs a round in which the target is sent something bad before each message but the invitation. */
async function runThrough(before: (hall: Scene, mail: Mail) => readonly Mail[]): Promise<Scene> {
  const hall = await scene({ seed: 'bad messages', n: N });
  const settings = hall.settings();
  hall.round(
    { down: (mail) => (mail.member === TARGET && !isInvitation(mail) ? [...before(hall, mail), mail] : [mail]) },
    settings,
  );
  expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['committed']));
  expectOnlySum(hall, settings, hall.honest);
  return hall;
}

describe('a message that is badly formed is ignored in every state, and the round goes its way:', () => {
  it.each(BAD)('%s', async (_, spoil, codes) => {
    const hall = await runThrough((__, mail) => [{ ...mail, bytes: spoil(mail.bytes) }]);
    const ignored = hall.target.log.of('ignored').map(({ code }) => code);
    // roster, routedShares, survivors, unmaskRequest, outcome
    expect(ignored).toHaveLength(5);
    for (const code of ignored) expect(codes).toContain(code);
  });

  it('text, numbers, objects and heaps of attachments in the place of bytes', async () => {
    const attachments = Array.from({ length: 9 }, () => new Uint8Array(10));
    const hall = await runThrough(({ coordinator }) => {
      for (const payload of ['text', 7, null, { bytes: [1, 2, 3] }, [1, 2], attachments]) {
        coordinator.sendAnything(TARGET, payload);
      }
      return [];
    });
    expect(hall.target.log.of('ignored')).toEqual([]);
    expect(hall.target.log.of('disconnected')).toEqual([]);
  });

  it('what comes long before its time, or after it', async () => {
    const seen: Mail[] = [];
    const hall = await runThrough((_, mail) => {
      seen.push(mail);
      return seen.slice(0, -1);
    });
    const codes = new Set(hall.target.log.of('ignored').map(({ code }) => code));
    expect(codes).toEqual(new Set(['wrong-state', 'unmask-twice']));
  });
});

describe('an invitation', () => {
  it.each<[string, (bytes: Uint8Array) => Uint8Array, ErrorCode]>([
    ['whose context is not the hash of its settings', (bytes) => withByte(bytes, 5, bytes[5]! ^ 1), 'session-mismatch'],
    ['with one byte too many', (bytes) => Uint8Array.of(...bytes, 0), 'wire-trailing'],
    ['with settings that are cut off', (bytes) => withByte(bytes, 35, bytes[35]! - 1), 'wire-trailing'],
    ['of settings longer than any', (bytes) => hugeCount(bytes), 'wire-bounds'],
    ['to a round of an unknown class', (bytes) => withByte(bytes, 35 + 4 + 1 + 16 + 2 + 6 + 4 + 2, 9), 'wire-bounds'],
  ])('%s gets no answer from which anything follows', async (_, spoil, code) => {
    const hall = await scene({ seed: 'bad invitations', n: N, honest: [TARGET] });
    const settings = hall.settings();
    hall.round(
      {
        down: (mail) => [
          { ...mail, bytes: isInvitation(mail) && mail.member === TARGET ? spoil(mail.bytes) : mail.bytes },
        ],
      },
      settings,
    );
    const { log, app } = hall.target;
    await hall.until(() => log.of('ignored').length + log.of('refused').length > 0);
    expect([...log.of('ignored'), ...log.of('refused')].map((event) => event.code)).toEqual([code]);
    expect(app.contexts).toEqual([]);
    expect(hall.coordinator.transcript.of('up', 'advertiseKeys', TARGET)).toEqual([]);
  });
});
