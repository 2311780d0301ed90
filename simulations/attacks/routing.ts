import { memberId } from '../../protocol/ids.ts';
import { messageName, type RoundSettings } from '../../protocol/wire/index.ts';
import type { Attack } from './attack.ts';
import { type Scene, TARGET } from './coordinator/scene.ts';
import { indexOf } from './coordinator/split.ts';
import { outcomeOf, withScene } from './coordinator/with-scene.ts';
import { routedAs } from './open-round/cheats.ts';
import type { Rewrite } from './open-round/lab.ts';

// A coordinator that tells members different sets of who has shared keys.

/** The others are told that the target has shared nothing: they put no mask on that would cancel its own. */
export const withoutTarget = (hall: Scene): Rewrite =>
  routedAs((entries, to) => {
    if (hall.honest.includes(to) && to !== TARGET) entries.delete(indexOf(hall, TARGET) - (to < TARGET ? 1 : 0));
  });

/**
 * The target alone hears of few members: of the accomplices, and of others up to `view` members with itself. Those others
 * are left out of the survivor set, so that their mask secrets are opened, and the target is asked nothing any more.
 * @returns those others, once the target has refused, or everyone who was asked has answered or too few have signed
 */
export async function narrowTo(hall: Scene, settings: RoundSettings, view: number): Promise<readonly number[]> {
  const n = hall.members.length;
  const friends = hall.honest.filter((member) => member !== TARGET);
  const left = friends.slice(0, Math.max(0, view - 1 - hall.accomplices.length)).map(Number);
  const shown = new Set([...hall.accomplices.map(Number), ...left]);
  const round = hall.round(
    {
      down: (mail) => {
        if (mail.member !== TARGET) return [mail];
        if (messageName(mail.bytes) === 'survivors' || messageName(mail.bytes) === 'unmaskRequest') return [];
        return routedAs((entries) => {
          for (const place of [...entries.keys()]) {
            if (!shown.has(hall.members[place + (place < indexOf(hall, TARGET) ? 0 : 1)]!)) entries.delete(place);
          }
        })(mail);
      },
      up: (mail) => (messageName(mail.bytes) === 'maskedInput' && left.includes(mail.member) ? [] : [mail]),
    },
    settings,
  );
  const { transcript } = hall.coordinator;
  const isRefused = (): boolean => hall.target.log.of('refused').length > 0;
  await hall.until(() => isRefused() || transcript.of('up', 'maskedInput').length === n);
  for (const member of left) round.input({ kind: 'leave', member: memberId(member), reason: 'deadline-missed' });
  if (isRefused()) return left;
  const others = n - 1 - left.length;
  await hall.until(() => transcript.of('up', 'consistency').length === others);
  if (round.state.name === 'consistency-check') round.input({ kind: 'deadline' });
  else await hall.until(() => transcript.of('up', 'unmaskShares').length === others);
  return left;
}

// A quorum of ten members is 7, or 8 against a policy that reckons with four accomplices.
const VIEW = 7;

/** Masks towards few, all of which can be taken off. */
export const narrowView: Attack = {
  name: 'narrow-view',
  title: 'tells the target alone of few members, and opens the masks that it then puts on',
  attacker: 'the coordinator, with four of ten members on its side',
  source: 'docs/protocol.md §6.1, §8',
  protection: 'a client masks with no fewer members than a quorum, by its own share of colluding members',
  without: 'a policy that reckons with one accomplice of ten',
  run: ({ protected: safe, seed, signal }) => {
    const colluding = safe ? 0.49 : 0.1;
    const scene = { seed: `narrow ${seed}`, n: 10, honest: [1, 2, 3, 4, 5, 6], policy: { colluding } };
    return withScene(scene, signal, async (hall) => {
      const settings = hall.settings({ colludingPpm: colluding * 1e6 });
      await narrowTo(hall, settings, VIEW);
      return outcomeOf(hall, settings);
    });
  },
};
