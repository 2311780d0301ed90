import { rm } from 'node:fs/promises';
import type { RoundReport } from '../../coordinator/index.ts';
import { decodeSafetensors } from '../../protocol/model/safetensors.ts';
import { about, chanceOf, wait } from './chance.ts';
import { CoordinatorProcess } from './coordinator-process.ts';
import { CrowdProcess } from './crowd-process.ts';
import { type Committed, Ledger, type Verdict } from './ledger.ts';
import type { Sample } from './memory.ts';
import type { Options } from './options.ts';
import { prepare } from './scene.ts';

/** What a soak came to. */
export interface Findings {
  readonly committed: number;
  readonly abandoned: Readonly<Record<string, number>>;
  readonly sums: Readonly<Record<Verdict, number>>;
  readonly drops: Readonly<Record<string, number>>;
  /** Connections and messages that were refused, by code, as the coordinator counts them. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly benched: number;
  readonly crashes: number;
  readonly samples: readonly Sample[];
  /** Members that still had a connection when all were gone. */
  readonly leftOver: number;
  /** Seconds that the coordinator took to stop; its exit code or signal. */
  readonly stopped: { readonly seconds: number; readonly end: number | string };
  /** What should not have happened, in words. */
  readonly faults: readonly string[];
}

/** Seconds for what clients say of a round to come in, also from those that were cut off, before it is judged. */
const JUDGE_AFTER = 6;
const SAMPLE_EVERY = 5;
/** A soak without a committed round goes on for so many times as long as was asked. */
const MAX_TIMES = 20;
/** Seconds within which all seats have to be given up. */
const MAX_CHECKS = 60;
const CRASH_EVERY = 25;

const count = (counts: Record<string, number>, key: string): void => void (counts[key] = (counts[key] ?? 0) + 1);

/** Runs rounds with a shipped coordinator and its clients for a while, and looks at all that comes of it. */
export async function soak(options: Options, note: (text: string) => void): Promise<Findings> {
  const scene = await prepare(options);
  const faults: string[] = [];
  const abandoned: Record<string, number> = {};
  const drops: Record<string, number> = {};
  const sums: Record<Verdict, number> = { exact: 0, wrong: 0, undecided: 0 };
  const ledger = new Ledger();
  const models = new Map<string, Float32Array>();
  let [benched, committed, crashes] = [0, 0, 0];
  let judging = Promise.resolve();

  const modelOf = async (hash: string): Promise<Float32Array> => {
    const bytes = new Uint8Array(await (await fetch(`${scene.url}/v1/models/${hash}`)).arrayBuffer());
    return decodeSafetensors(bytes).tensors.w!;
  };
  const judge = async (report: RoundReport): Promise<void> => {
    const after = await modelOf(report.modelHash);
    const before = models.get(report.task)!;
    models.set(report.task, after);
    const round: Committed = { ...report, before, after };
    void wait(JUDGE_AFTER).then(() => {
      // Clients of a killed process may have sent something without a word of it.
      const verdict = ledger.judge(round, frail.crowd.honest);
      sums[verdict]++;
      if (verdict !== 'exact') faults.push(`the sum of round ${report.round} of "${report.task}" is ${verdict}`);
      ledger.forget(round);
    });
  };
  const coordinator = await CoordinatorProcess.start(scene.config, (report) => {
    for (const { reason } of report.drops) count(drops, reason);
    benched += report.benched?.length ?? 0;
    if (report.outcome === 'abandoned') {
      count(abandoned, report.code ?? 'unknown');
      return;
    }
    committed++;
    judging = judging
      .then(() => judge(report))
      .catch((thrown: unknown) => void faults.push(`no model: ${String(thrown)}`));
  });
  const statuses = (await (await fetch(`${scene.url}/v1/tasks`)).json()) as { task: string; modelHash: string }[];
  for (const { task, modelHash } of statuses) models.set(task, await modelOf(modelHash));

  const ear = { said: ledger.note.bind(ledger), fault: (text: string) => void faults.push(text) };
  const crowds = scene.crowds.map((crowd) => new CrowdProcess(crowd, ear));
  const frail = crowds[crowds.length - 1]!;
  const samples: Sample[] = [];
  const began = performance.now();
  const minutes = (): number => (performance.now() - began) / 60_000;
  const chance = chanceOf(options.seed, 'crashes');
  const crashing = (async (): Promise<void> => {
    for (;;) {
      await wait(Math.min(about(chance, CRASH_EVERY), 60 * (options.minutes - minutes())));
      if (minutes() >= options.minutes || coordinator.over) return;
      await frail.crash();
      crashes++;
    }
  })();
  // On a machine with other work a short soak might end before its first round has.
  const enough = (): boolean =>
    minutes() >= options.minutes && (committed > 0 || minutes() >= MAX_TIMES * options.minutes);
  while (!enough() && !coordinator.over) {
    await wait(Math.min(SAMPLE_EVERY, Math.max(0.5, 60 * (options.minutes - minutes()))));
    const sample = await coordinator.sample(minutes());
    if (sample !== undefined) samples.push(sample);
    if (samples.length % 12 === 0) {
      note(`${minutes().toFixed(1)} min: ${committed} rounds, ${sums.exact} sums exact, ${faults.length} faults`);
    }
  }
  await crashing;
  if (coordinator.over) faults.push(`the coordinator ended by itself:\n${coordinator.log.join('\n')}`);
  const refusals = await refusalsOf(scene.url).catch(() => ({}));
  await Promise.all(crowds.map((crowd) => crowd.end()));
  // Every seat is given up a grace after its connection went.
  let leftOver = -1;
  for (let looks = 0; leftOver !== 0 && looks < MAX_CHECKS; looks++) {
    await wait(1);
    leftOver = await connectedTo(scene.url).catch(() => -1);
  }
  await judging;
  await wait(JUDGE_AFTER);
  const seconds = await coordinator.stop();
  const end = await coordinator.ended;
  if (coordinator.faults > 0) faults.push(`${coordinator.faults} faults in the coordinator’s log`);
  await rm(scene.folder, { recursive: true, force: true });
  return {
    committed,
    abandoned,
    sums,
    drops,
    refusals,
    benched,
    crashes,
    samples,
    leftOver,
    stopped: { seconds, end },
    faults,
  };
}

const metricsOf = async (url: string): Promise<string[]> =>
  (await (await fetch(`${url}/metrics`)).text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const valueOf = (line: string): number => Number(line.slice(line.lastIndexOf(' ') + 1));

async function refusalsOf(url: string): Promise<Record<string, number>> {
  const refusals: Record<string, number> = {};
  for (const line of await metricsOf(url)) {
    if (!line.startsWith('cairn_refusals_total')) continue;
    const code = /code="([^"]*)"/.exec(line)?.[1] ?? 'unknown';
    refusals[code] = (refusals[code] ?? 0) + valueOf(line);
  }
  return refusals;
}

async function connectedTo(url: string): Promise<number> {
  const line = (await metricsOf(url)).find((each) => each.startsWith('cairn_members_connected'));
  return line === undefined ? -1 : valueOf(line);
}
