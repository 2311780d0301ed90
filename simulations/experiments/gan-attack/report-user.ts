import type { Section } from '../../laboratory/experiment.ts';
import { significant } from '../../laboratory/statistics.ts';
import type { Line } from '../../report/blocks.ts';
import type { Participants } from './scenario.ts';
import { looks } from './series.ts';
import type { GanAttackSettings } from './settings.ts';
import type { Outcome } from './summary.ts';
import { userNoise } from './user-privacy.ts';

const WORDS = `Every member adds a share of discrete Gaussian noise to what it uploads, cut to a greatest norm, so that the sums of all rounds keep a budget ε for all that a member sends. The noise is sized for the members but one, since the adversary knows its own share.

Whether differential privacy of users stops this attack before it spoils the model cannot be shown with 2 or 11 participants: the class that is attacked has one holder, the model learns it from this one member's uploads alone, and privacy of users promises just that one member's uploads leave no trace. What may be expected along the axis is that both begin at an ε that promises nobody anything, the model no later than the attack on it. With many holders of a class the sum of their uploads grows with their number and the noise of the same ε does not: then the model learns what they have in common, and what is left to draw is nobody's in particular. privacy-utility shows the half of it that needs no adversary: what the model loses with few and many members.`;

/** A round number of members, since no more is known about it. */
const rounded = (members: number): number => significant(members, 2);

/** What differential privacy of users does to model and attack; nothing where it was not asked for. */
export function userSections(settings: GanAttackSettings, outcomes: readonly Outcome[]): Section[] {
  const { delta, rounds, userClip } = settings;
  const found = outcomes.filter(({ epsilon }) => epsilon !== null);
  const sizes = [...new Set(found.map(({ participants }) => participants))] as Participants[];
  return sizes.map((participants): Section => {
    const mine = found.filter((row) => row.participants === participants);
    const line = (label: string, of: (row: Outcome) => number): Line => ({
      label,
      points: mine.map((row) => ({ x: row.epsilon!, y: of(row) })),
    });
    const least = userNoise(participants, { epsilon: Math.max(...settings.epsilon), delta, rounds }).noiseMultiplier;
    return {
      title: `Differential privacy of users, ${participants} participants`,
      blocks: [
        { kind: 'text', text: WORDS },
        {
          kind: 'chart',
          caption: `${participants} participants, ${rounds} rounds, δ ${delta}. Look for the least ε at which the global model is better than chance: below it there is nothing to attack. Uploads are cut to norm ${userClip} here and hardly ever in the federation without noise, which changes how fast the model learns: hold the right end of the axis, not the open federation, against the left.`,
          x: { label: 'ε of all rounds', scale: 'log' },
          y: { label: 'share', domain: [0, 1] },
          lines: [
            line('global accuracy', ({ accuracy }) => accuracy),
            line('taken for the class', ({ share }) => share),
          ],
          data: [looks.name],
        },
        {
          kind: 'table',
          caption: `The same in figures. The last column is computed, not run: how many participants would bring the noise of an ε, divided by their number, down to what it is here for the greatest.`,
          columns: [
            { key: 'epsilon', label: 'ε' },
            { key: 'noiseMultiplier', label: 'noise multiplier', digits: 4 },
            { key: 'accuracy', label: 'global accuracy', percent: true },
            { key: 'share', label: 'taken for the class', percent: true },
            { key: 'needed', label: 'participants for as little noise' },
          ],
          rows: mine.map(({ epsilon, accuracy, share }) => {
            const { noiseMultiplier } = userNoise(participants, { epsilon: epsilon!, delta, rounds });
            const needed = rounded((participants * noiseMultiplier) / least);
            return { epsilon, noiseMultiplier, accuracy, share, needed };
          }),
          data: [looks.name],
        },
      ],
    };
  });
}
