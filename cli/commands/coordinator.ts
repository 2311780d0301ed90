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

/**
 * `cairn coordinator [config]`: runs the tasks of a configuration file, and serves their models until it is
 * interrupted.
 */
export function coordinatorCommand(done: (code: number) => void): Command {
  return new Command('coordinator')
    .description('start a coordinator for the tasks in a config file; it runs until Ctrl-C')
    .argument('[config]', 'configuration file: JSON, or a module that exports it as its default', 'cairn.json')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 picks a free one', whole(0, 65_535))
    .option('--store <url>', 'where models, tasks and reports are kept: file:PATH or memory:, instead of dataDir')
    .option('--tls-cert <file>', 'certificate chain (PEM), to use TLS')
    .option('--tls-key <file>', 'private key of the certificate (PEM, mode 600)')
    .option('--unsafe-plain-http', 'allow plain HTTP with other machines, as in a closed test network')
    .option(
      '--held-out <[task=]app...>',
      'evaluate each new model on held-out data: mnist-mlp, mnist-cnn, or a module as for join --app',
    )
    .option('--learning <module>', 'module that exports your own strategies and group rules, as strategies and rules')
    .option('--exit-when-done', 'exit once all tasks have ended and their clients have been told, for scripts')
    .option('--json', 'print each round as a JSON line on stdout')
    .addOption(
      new Option(
        '--log-level <level>',
        'level of the JSON log on stderr (default: on a terminal `warn`, else logLevel of the configuration)',
      ).choices(LEVELS),
    )
    .action(async (config: string, flags: CoordinatorFlags) => {
      done(await run(config, flags));
    });
}

/** The configuration with the command line's overrides. @throws CairnError `usage` */
function overridden(config: CoordinatorConfig, flags: CoordinatorFlags): CoordinatorConfig {
  const { host, port, tlsCert, tlsKey, unsafePlainHttp } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new CairnError('usage', '--tls-cert and --tls-key must be used together', { hint: 'pass both, or neither' });
  }
  return {
    ...config,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(tlsCert === undefined || tlsKey === undefined ? {} : { tlsCert, tlsKey }),
    ...(unsafePlainHttp === undefined ? {} : { unsafePlainHttp }),
  };
}

/** How a task has ended; undefined if it was stopped. @param folder the store's folder, if it is in files */
function endLine(status: TaskStatus, folder: string | undefined): string | undefined {
  const { task, state, round, rounds, code, message } = status;
  if (state === 'stopped') return undefined;
  // The copy that is stamped with its origin; the one that rounds refer to is in `models`, under its hash.
  const model = folder === undefined ? '' : `; its model: ${join(folder, 'latest', `${task}.safetensors`)}`;
  if (state === 'failed') return `${task} has failed [${code ?? 'internal'}]: ${message ?? ''}${model}`;
  return round < rounds
    ? `the privacy budget of ${task} is spent after ${round} of ${rounds} rounds${model}`
    : `all rounds of ${task} have committed${model}`;
}

/** Where the log goes: above the live line if there is one, else to stderr as usual. */
const logStream = (): { write: (text: string) => void } | undefined =>
  live.isLive ? { write: (text) => say(text.trimEnd()) } : undefined;

async function run(path: string, flags: CoordinatorFlags): Promise<number> {
  const { json, logLevel } = flags;
  let coordinator: Coordinator | undefined;
  let leave = (): void => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  // Set up first, so that an interrupt during the start still ends cleanly.
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
      // The lines below are for the user; the log is for machines, and would drown them.
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
      say('all tasks have ended; still serving requests, Ctrl-C to exit');
      await left;
    }
    // However it ends, the exit code reports a task that failed.
    if (failure !== undefined) throw failure;
    return EXIT.ok;
  } finally {
    await coordinator?.stop();
    interrupted.stop();
  }
}
