import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate, loadMnist, mnistCnn, mnistMlp } from '../../client/index.ts';
import {
  type Coordinator,
  createCoordinator,
  createLog,
  parseConfig,
  type RoundReport,
} from '../../coordinator/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { encodeSafetensors, stampMetadata } from '../../protocol/model/index.ts';
import { bold, data, EXIT, say } from '../io.ts';
import { roundLine } from '../round-line.ts';
import { onInterrupt } from '../signals.ts';
import { packageVersion } from '../../platform/index.ts';
import { Cohort } from './cohort.ts';
import { BUILT_IN_NETWORKS } from '../inference/built-in.ts';
import { makeIdentities, memberName } from './identities.ts';
import { checkDemo, defaultKills, type DemoFlags, type DemoOptions, killSchedule } from './options.ts';
import { predictionLine, predictPrivately, type PrivatePrediction } from './private-prediction.ts';
import { machine } from '../../simulations/laboratory/index.ts';
import { RunFolder } from './run-folder.ts';
import { demoTask, TASK } from './task.ts';

/** The results of a run: the last line on stdout; all except the folder is in summary.json. */
interface DemoSummary {
  readonly rounds: number;
  readonly accuracy: number;
  readonly dropped: readonly {
    readonly member: string;
    readonly state: string;
    readonly effect: string;
    readonly round: number;
  }[];
  /** One question to the model that its owner did not see. */
  readonly privatePrediction: PrivatePrediction;
  readonly runDir: string;
}

/**
 * Runs a coordinator here and each client as a separate process, kills some of them with SIGKILL during the run, and
 * leaves a run folder with the model.
 * @returns the exit code
 * @throws CairnError `usage`, `data-missing`, `folder-unwritable`, `port-in-use`, or the error that the task failed
 * with
 */
export async function runDemo(flags: DemoFlags): Promise<number> {
  const options: DemoOptions = { ...flags, kill: flags.kill ?? defaultKills(flags) };
  checkDemo(options);
  const test = await loadMnist('test');
  const folder = await RunFolder.create(options.out, 'mnist');
  const stopping = new AbortController();
  const interrupted = onInterrupt(() => {
    say('stopping: abandoning the current round, the clients leave');
    stopping.abort();
  });
  // Secret seeds of simulated members: they are deleted at the end of the run, however it ends.
  const secrets = await mkdtemp(join(tmpdir(), 'cairn-'));
  const sweep = (): void => rmSync(secrets, { recursive: true, force: true });
  process.on('exit', sweep);
  try {
    await withCoordinator({ options, folder, secrets, test, stopping: stopping.signal });
    return interrupted.happened() ? EXIT.interrupted : EXIT.ok;
  } finally {
    sweep();
    process.off('exit', sweep);
    interrupted.stop();
  }
}

interface Stage {
  readonly options: DemoOptions;
  readonly folder: RunFolder;
  /** Folder of the identity files. */
  readonly secrets: string;
  /** The images that every new model is tested on. */
  readonly test: Awaited<ReturnType<typeof loadMnist>>;
  /** Aborted when the run is interrupted. */
  readonly stopping: AbortSignal;
}

async function withCoordinator({ options, folder, secrets, test, stopping }: Stage): Promise<void> {
  const started = performance.now();
  const model = options.model === 'cnn' ? mnistCnn() : mnistMlp();
  const identities = await makeIdentities(secrets, options.clients);
  const task = demoTask(options);
  const config = parseConfig({
    port: options.port,
    dataDir: folder.file('coordinator'),
    reconnectGraceMs: 500,
    directory: identities.directory,
    tasks: [task],
  });
  await folder.json('config.json', { cairn: packageVersion(), options, task });

  const reports: RoundReport[] = [];
  const cohort = new Cohort();
  const coordinator = await createCoordinator({
    config,
    version: packageVersion(),
    // Abandoned rounds have their own line; only faults are left to log.
    log: createLog('error'),
    begin: cohort.ready(options.clients),
    initialModels: {
      [TASK]: {
        tensors: model.layout.unflatten(model.initialise(options.seed)),
        shapes: model.layout.shapes,
        metadata: networkMetadata(options),
      },
    },
    evaluate: (_, tensors) => evaluate(model, model.layout.flatten(tensors), test),
  });
  const rounds: Promise<void>[] = [];
  coordinator.on('member', ({ connected }) => {
    cohort.connected(connected);
  });
  coordinator.on('round', (report) => {
    reports.push(report);
    data(roundLine(report, memberName));
    rounds.push(folder.line('rounds.jsonl', report));
  });
  const stopped = (): boolean => stopping.aborted;
  const stop = (): void => {
    cohort.interrupt();
    void coordinator.stop();
  };
  stopping.addEventListener('abort', stop);
  try {
    if (stopped()) return;
    announce(options, coordinator, model.layout.size);
    cohort.start(coordinator.url, options, identities, killSchedule(options));
    await Promise.race([coordinator.finished, cohort.failed]);
    if (stopped()) return;
    await cohort.ended();
    if (stopped()) return;
    await Promise.all(rounds);
    await finish({ options, folder, coordinator, reports, model, test, started });
  } finally {
    stopping.removeEventListener('abort', stop);
    await cohort.end();
    await coordinator.stop();
  }
}

function announce(
  { clients, rounds, kill, model, partition }: DemoOptions,
  { url }: Coordinator,
  parameters: number,
): void {
  say(
    bold(`coordinator on ${url}: ${rounds} rounds over ${clients} client processes, ${kill} of which will be killed`),
  );
  say(
    `MNIST, ${partition} shards, ${model} with ${parameters} parameters; updates are masked, the coordinator sees sums`,
  );
}

/** What the model's file says of its layers, from its first version on: so hashes of models are of files that say it. */
function networkMetadata({ model }: DemoOptions): Record<string, string> {
  return { network: JSON.stringify(BUILT_IN_NETWORKS[`mnist-${model}`]) };
}

interface Finished {
  readonly options: DemoOptions;
  readonly folder: RunFolder;
  readonly coordinator: Coordinator;
  readonly reports: readonly RoundReport[];
  readonly model: ReturnType<typeof mnistMlp>;
  readonly test: Stage['test'];
  readonly started: number;
}

async function finish({ options, folder, coordinator, reports, model, test, started }: Finished): Promise<void> {
  const committed = reports.filter(({ outcome }) => outcome === 'committed');
  const last = committed.at(-1);
  if (last?.evaluation === undefined) throw new CairnError('internal', 'the run ended without a committed round');
  const tensors = coordinator.model(TASK)!;
  const stamp = stampMetadata({
    ...{ task: TASK, round: last.round, date: Math.floor(Date.now() / 1000) },
    ...{ modelHash: last.modelHash, version: packageVersion() },
  });
  const file = encodeSafetensors(tensors, model.layout.shapes, { ...networkMetadata(options), ...stamp });
  await folder.bytes('model.safetensors', file);
  const privatePrediction = await predictPrivately(file, test);
  const summary: DemoSummary = {
    rounds: committed.length,
    accuracy: last.evaluation.accuracy,
    dropped: reports.flatMap(({ drops, round }) =>
      drops.map(({ member, state, effect }) => ({ member: memberName(member), state, effect, round })),
    ),
    privatePrediction,
    runDir: folder.path,
  };
  const { runDir, ...results } = summary;
  await folder.json('summary.json', results);
  await folder.json('timings.json', {
    machine: machine(),
    totalMs: Math.round(performance.now() - started),
    rounds: reports.map(({ round, attempt, ms, states }) => ({ round, attempt, ms: Math.round(ms), states })),
    seed: options.seed,
  });
  data(predictionLine(privatePrediction));
  data(`model: ${folder.file('model.safetensors')}`);
  data(`run folder: ${runDir}`);
  data(JSON.stringify(summary));
}
