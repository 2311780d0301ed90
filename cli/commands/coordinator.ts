import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Coordinator, CoordinatorConfig, LogLevel, TaskStatus } from '../../coordinator/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { heldOutFrom } from '../held-out.ts';
import { loadLearning } from '../learning-module.ts';
import { startLines } from '../coordinator/start-lines.ts';
import { watch } from '../coordinator/watch.ts';
import { data, EXIT, live, say } from '../io.ts';
import { roundLine } from '../round-line.ts';
import { onInterrupt } from '../signals.ts';
import { packageVersion } from '../../platform/index.ts';
import { whole } from '../option-parsers.ts';

interface CoordinatorFlags {
  readonly host?: string;
  readonly port?: number;
  readonly store?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly unsafePlainHttp?: boolean;
  readonly heldOut?: string[];
  readonly learning?: string;
  readonly exitWhenDone?: boolean;
  readonly json?: boolean;
  readonly logLevel?: LogLevel;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const satisfies readonly LogLevel[];

/** `cairn coordinator [config]`: runs the tasks of a configuration file, and answers for them until it is interrupted. */
export function coordinatorCommand(done: (code: number) => void): Command {
  return new Command('coordinator')
    .description('start a coordinator for the tasks in a config file; it runs until Ctrl-C')
    .argument('[config]', 'configuration file: JSON, or a module whose default export it is', 'cairn.json')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 takes a free one', whole(0, 65_535))
    .option('--store <url>', 'where models, tasks and reports are kept: file:PATH or memory:, instead of dataDir')
    .option('--tls-cert <file>', 'certificate chain (PEM), to speak TLS')
    .option('--tls-key <file>', 'private key of the certificate (PEM, mode 600)')
    .option('--unsafe-plain-http', 'speak plain HTTP also to other machines, as in a closed test network')
    .option(
      '--held-out <[task=]app...>',
      'evaluate each new model on held-out data: mnist-mlp, mnist-cnn, or a module as join --app takes it',
    )
    .option(
      '--learning <module>',
      'your own strategies and group rules: what the module exports as strategies and rules',
    )
    .option('--exit-when-done', 'end once all tasks have ended and their clients have been told, as scripts want it')
    .option('--json', 'print each round as a JSON line on stdout')
    .addOption(
      new Option('--log-level <level>', 'JSON log on stderr; on a terminal `warn` unless this says otherwise').choices(
        LEVELS,
      ),
    )
    .action(async (config: string, flags: CoordinatorFlags) => {
      done(await run(config, flags));
    });
}

/** The configuration with what the command line says instead. @throws CairnError `usage` */
function overridden(config: CoordinatorConfig, flags: CoordinatorFlags): CoordinatorConfig {
  const { host, port, tlsCert, tlsKey, unsafePlainHttp } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new CairnError('usage', '--tls-cert and --tls-key belong together', { hint: 'give both, or neither' });
  }
  return {
    ...config,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(tlsCert === undefined || tlsKey === undefined ? {} : { tlsCert, tlsKey }),
    ...(unsafePlainHttp === undefined ? {} : { unsafePlainHttp }),
  };
}

/** How a task has ended; undefined if it was stopped. @param folder that of a store in files */
function endLine(status: TaskStatus, folder: string | undefined): string | undefined {
  const { task, state, round, rounds, code, message } = status;
  if (state === 'stopped') return undefined;
  // The copy that says where it comes from; the one that rounds name is among `models`, by its hash.
  const model = folder === undefined ? '' : `; its model: ${join(folder, 'latest', `${task}.safetensors`)}`;
  if (state === 'failed') return `${task} has failed [${code ?? 'internal'}]: ${message ?? ''}${model}`;
  return round < rounds
    ? `the privacy budget of ${task} is spent after ${round} of ${rounds} rounds${model}`
    : `all rounds of ${task} have committed${model}`;
}

/** Where the log goes: past the live line, where there is one; as ever elsewhere. */
const logStream = (): { write: (text: string) => void } | undefined =>
  live.isLive ? { write: (text) => say(text.trimEnd()) } : undefined;

async function run(path: string, flags: CoordinatorFlags): Promise<number> {
  const { json, logLevel } = flags;
  let coordinator: Coordinator | undefined;
  let leave = (): void => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  // From the beginning: whoever is interrupted while it starts still ends in good order.
  const interrupted = onInterrupt(() => {
    leave();
    void coordinator?.stop();
  });
  try {
    const { createCoordinator, createLog, labelOf, loadConfig, nameText, refusedByDefault, storeFolder } =
      await import('../../coordinator/index.ts');
    const own = await loadLearning(flags.learning);
    const config = await loadConfig(path, own);
    const store = flags.store ?? `file:${config.dataDir}`;
    const folder = storeFolder(store);
    const evaluate = await heldOutFrom(flags.heldOut ?? [], config.tasks);
    coordinator = await createCoordinator({
      config: overridden(config, flags),
      ...own,
      version: packageVersion(),
      store,
      ...(evaluate === undefined ? {} : { evaluate }),
      // A person reads the lines below; the log is for machines, and would drown them.
      log: createLog(logLevel ?? (process.stderr.isTTY ? 'warn' : config.logLevel), logStream()),
    });
    if (interrupted.happened()) return EXIT.interrupted;
    say(`listening on ${coordinator.url}; tasks: ${config.tasks.map(({ name }) => name).join(', ')}`);
    for (const line of startLines(config, coordinator.tasks, refusedByDefault)) say(printable(line));
    coordinator.on('round', (report) => {
      data(
        json === true
          ? printableJson(report)
          : printable(
              roundLine(report, (member) =>
                labelOf(
                  member,
                  report.names?.find((one) => one.member === member),
                ),
              ),
            ),
      );
    });
    const told = new Set<string>();
    const tell = (status: TaskStatus): void => {
      const line = told.has(status.task) ? undefined : endLine(status, folder);
      if (line !== undefined) say(printable(line));
      told.add(status.task);
    };
    coordinator.on('ended', tell);
    const unwatch = watch(coordinator, config, nameText);
    const failure = await coordinator.finished.then(() => undefined, asCairnError).finally(unwatch);
    // Tasks that an earlier coordinator finished have ended before a listener could be added.
    for (const status of coordinator.tasks) tell(status);
    if (interrupted.happened()) {
      if (failure !== undefined) throw failure;
      return EXIT.interrupted;
    }
    if (flags.exitWhenDone === true) await Promise.race([coordinator.farewell(), left]);
    else {
      say('all tasks have ended; still answering, Ctrl-C ends');
      await left;
    }
    // Whichever way it ends, the exit code tells of a task that failed.
    if (failure !== undefined) throw failure;
    return EXIT.ok;
  } finally {
    await coordinator?.stop();
    interrupted.stop();
  }
}
