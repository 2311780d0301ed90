import { EXPERIMENTS } from '../../simulations/index.ts';
import { readSettings } from '../../simulations/laboratory/index.ts';
import { bold, data, say } from '../io.ts';
import { formatDuration } from '../../platform/index.ts';

/** Prints every experiment in one line, and roughly how long each preset takes on two cores. */
export async function list(json: boolean): Promise<void> {
  const rows = await Promise.all(
    Object.values(EXPERIMENTS).map(async (load) => {
      const experiment = await load();
      const seconds = (preset: 'quick' | 'paper'): number =>
        Math.round(experiment.estimate(readSettings(experiment, { preset })));
      return {
        name: experiment.name,
        title: experiment.title,
        quickSeconds: seconds('quick'),
        paperSeconds: seconds('paper'),
      };
    }),
  );
  if (json) {
    data(JSON.stringify(rows));
    return;
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, title, quickSeconds, paperSeconds } of rows) {
    data(`${bold(name.padEnd(width), process.stdout)}  ${title}`);
    data(
      `${' '.repeat(width)}  --preset quick: about ${formatDuration(quickSeconds)}; paper: about ${formatDuration(paperSeconds)}, on two cores`,
    );
  }
  say('\ncairn simulate NAME runs one; cairn simulate NAME --help shows its settings');
}
