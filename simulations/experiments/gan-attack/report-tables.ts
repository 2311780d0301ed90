import { mean } from '../../laboratory/statistics.ts';
import type { Block } from '../../report/blocks.ts';
import { kindOf } from './kinds.ts';
import { looks, reals } from './series.ts';
import type { GanAttackResults, Outcome } from './summary.ts';

/** Every set-up at its end. */
export function outcomeTable(rows: readonly Outcome[], last: number): Block {
  return {
    kind: 'table',
    caption: `Outcomes: means over the last ${last} looks of each federation, then over seeds. Least and greatest are over seeds.`,
    columns: [
      { key: 'participants', label: 'participants' },
      { key: 'thetaUpload', label: 'θ_u' },
      { key: 'kind', label: 'federation' },
      { key: 'seeds', label: 'seeds' },
      { key: 'accuracy', label: 'global accuracy', percent: true },
      { key: 'share', label: 'taken for the class', percent: true },
      { key: 'shareLow', label: 'least', percent: true },
      { key: 'shareHigh', label: 'greatest', percent: true },
      { key: 'confidence', label: 'confidence', percent: true },
      { key: 'fooled', label: 'global model agrees', percent: true },
    ],
    rows: rows.map((row) => ({ ...row, kind: kindOf(row) })),
    data: [looks.name],
  };
}

/** How near samples come to real images. */
export function likenessTable(rows: readonly Outcome[], results: GanAttackResults): Block {
  const real = results.rows(reals);
  const unseen = {
    kind: 'for scale: real images that nobody trained on',
    distanceVictim: mean(real.map(({ distance }) => distance)),
    ssimVictim: mean(real.map(({ ssim }) => ssim)),
  };
  return {
    kind: 'table',
    caption:
      "How near samples come to the victim's images, and to as many images of the class that nobody trained on. Columns side by side that are equal, and about half of the samples nearer to the victim's images, mean a prototype of the class; records would show as a smaller distance to the victim's.",
    columns: [
      { key: 'participants', label: 'participants' },
      { key: 'thetaUpload', label: 'θ_u' },
      { key: 'kind', label: 'federation' },
      { key: 'distanceVictim', label: "distance to the victim's", digits: 2 },
      { key: 'distanceHeldOut', label: 'to held-out', digits: 2 },
      { key: 'ssimVictim', label: "SSIM to the victim's", digits: 3 },
      { key: 'ssimHeldOut', label: 'to held-out', digits: 3 },
      { key: 'nearerToVictim', label: "nearer to the victim's", percent: true },
    ],
    rows: [...rows.filter(({ victim }) => victim).map((row) => ({ ...row, kind: kindOf(row) })), unseen],
    data: [looks.name, reals.name],
  };
}
