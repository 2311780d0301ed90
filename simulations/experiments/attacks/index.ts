import { z } from 'zod';
import { ATTACKS } from '../../attacks/index.ts';
import { didYouMean } from '../../../protocol/suggest.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { defineExperiment, type Results } from '../../laboratory/experiment.ts';
import type { Section } from '../../report/blocks.ts';
import { type JsonObject, type Row, Series } from '../../laboratory/rows.ts';

const parameters = z.object({
  only: z.array(z.string()).default([]).describe('attacks by name; all by default'),
  repeats: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('times that each is run, with different keys and data each time'),
});

type Settings = z.output<typeof parameters>;

type AttemptRow = Row & {
  readonly attack: string;
  readonly repeat: number;
  readonly protected: boolean;
  readonly succeeded: boolean;
  readonly learned: string;
  /** Error codes that stopped it, or `masks`; empty if nothing did. */
  readonly stoppedBy: string;
};

type FigureRow = Row & {
  readonly attack: string;
  readonly repeat: number;
  readonly protected: boolean;
  readonly figure: string;
  readonly value: number;
};

const ATTEMPTS = new Series<AttemptRow>('attempts');
const FIGURES = new Series<FigureRow>('figures');

/** Seconds of one attack with and without its protection. */
const SECONDS = 0.4;

const chosen = ({ only }: Settings) => ATTACKS.filter(({ name }) => only.length === 0 || only.includes(name));

type Run = Pick<AttemptRow, 'attack' | 'repeat' | 'protected'>;

/** Whether a row was recorded for one run of an attack. */
const same = (row: Run, name: string, repeat: number, safe: boolean): boolean =>
  row.attack === name && row.repeat === repeat && row.protected === safe;

/** One run as a line. */
const line = ({ succeeded, learned, stoppedBy }: AttemptRow): string =>
  succeeded ? `SUCCEEDS: ${learned}` : `stopped by ${stoppedBy}: ${learned}`;

function summarise(results: Results<Settings>): JsonObject {
  const rows = results.rows(ATTEMPTS);
  const count = (safe: boolean): number => rows.filter((row) => row.protected === safe && row.succeeded).length;
  const attacks: Record<string, JsonObject> = {};
  for (const { name } of ATTACKS) {
    const mine = rows.filter((row) => row.attack === name);
    const told = (safe: boolean): string =>
      [...new Set(mine.filter((row) => row.protected === safe).map(line))].join('; ');
    if (mine.length > 0) attacks[name] = { without: told(false), with: told(true) };
  }
  return {
    attacks,
    attempts: rows.map((row) => {
      const mine = ({ attack, repeat, protected: safe }: FigureRow): boolean => same(row, attack, repeat, safe);
      const figures = Object.fromEntries(
        results
          .rows(FIGURES)
          .filter(mine)
          .map(({ figure, value }) => [figure, value]),
      );
      return { ...row, figures };
    }),
    succeededWithout: count(false),
    succeededWith: count(true),
  };
}

function report(results: Results<Settings>): readonly Section[] {
  const rows = results.rows(ATTEMPTS);
  const table = ATTACKS.flatMap(({ name, title, attacker, source, protection, without }) => {
    const told = (safe: boolean): string => {
      const row = rows.find((one) => one.attack === name && one.protected === safe);
      return row === undefined ? '' : line(row);
    };
    if (!rows.some(({ attack }) => attack === name)) return [];
    return [{ name, title, attacker, source, protection, weakened: without, without: told(false), with: told(true) }];
  });
  return [
    {
      title: 'With and without',
      blocks: [
        {
          kind: 'table',
          caption:
            'The outcome of each attack, without its protection and with it. The sessions are the production ones.',
          columns: [
            { key: 'name', label: 'attack' },
            { key: 'without', label: 'without protection' },
            { key: 'with', label: 'with protection' },
          ],
          rows: table,
          data: [ATTEMPTS.name, FIGURES.name],
        },
      ],
    },
    {
      title: 'Attackers and protections',
      blocks: [
        {
          kind: 'table',
          caption: 'What each attack does, what it assumes, what stops it, and how that was removed.',
          columns: [
            { key: 'name', label: 'attack' },
            { key: 'title', label: 'what the attacker does' },
            { key: 'attacker', label: 'attacker' },
            { key: 'source', label: 'source' },
            { key: 'protection', label: 'protection' },
            { key: 'weakened', label: 'removed by' },
          ],
          rows: table,
        },
      ],
    },
  ];
}

/** Attacks on rounds by lying coordinators and hostile members, each with and without its protection. */
export const attacks = defineExperiment({
  name: 'attacks',
  title: 'Attacks on rounds by coordinators and members, with and without the protection that stops each',
  parameters,
  presets: { quick: {}, paper: { repeats: 20 } },
  estimate: (settings) => SECONDS * settings.repeats * chosen(settings).length,
  check({ only }) {
    const names = ATTACKS.map(({ name }) => name);
    const unknown = only.find((name) => !names.includes(name));
    if (unknown === undefined) return;
    throw new CairnError('settings-invalid', `there is no attack "${unknown}"; ${didYouMean(unknown, names)}`);
  },
  async run(lab) {
    const { settings, signal } = lab;
    const list = chosen(settings);
    lab.plan(2 * settings.repeats * list.length);
    for (const attack of list) {
      for (let repeat = 1; repeat <= settings.repeats; repeat++) {
        for (const safe of [false, true]) {
          signal.throwIfAborted();
          lab.advance(1, attack.name);
          if (lab.results.rows(ATTEMPTS).some((row) => same(row, attack.name, repeat, safe))) continue;
          const seed = lab.seedOf(`${attack.name} ${repeat}`);
          const { succeeded, learned, figures, stoppedBy } = await attack.run({ protected: safe, seed, signal });
          const about = { attack: attack.name, repeat, protected: safe };
          // Figures first: a recorded run is not run again when its folder is resumed.
          const known = lab.results.rows(FIGURES).some((row) => same(row, attack.name, repeat, safe));
          if (!known)
            for (const [figure, value] of Object.entries(figures)) lab.record(FIGURES, { ...about, figure, value });
          lab.record(ATTEMPTS, { ...about, succeeded, learned, stoppedBy: stoppedBy ?? '' });
        }
      }
    }
  },
  summarise,
  report,
});
