import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Coordinator, CoordinatorConfig, LogLevel } from '../../coordinator/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { heldOutFrom } from '../held-out.ts';
import { startLines } from '../coordinator/start-lines.ts';
import { watch } from '../coordinator/watch.ts';
import { data, EXIT, live, say } from '../io.ts';
import { roundLine } from '../round-line.ts';
import { onInterrupt } from '../signals.ts';
import { version } from '../../simulations/laboratory/version.ts';
import { whole } from './options.ts';

interface CoordinatorFlags {
  readonly host?: string;
  readonly port?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly unsafePlainHttp?: boolean;
  readonly heldOut?: string[];
  readonly json?: boolean;
  readonly logLevel?: LogLevel;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const satisfies readonly LogLevel[];

/** `cairn coordinator [config]`: runs the tasks of a configuration file until they are done, or until it is interrupted. */
export function coordinatorCommand(done: (code: number) => void): Command {
  return new Command('coordinator')
    .description('run rounds: the tasks of a configuration file, until all their rounds have committed')
    .argument('[config]', 'configuration file (JSON)', 'cairn.json')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 takes a free one', whole(0, 65_535))
    .option('--tls-cert <file>', 'certificate chain (PEM), to speak TLS')
    .option('--tls-key <file>', 'private key of the certificate (PEM, mode 600)')
    .option('--unsafe-plain-http', 'speak plain HTTP also to other machines, as in a closed test network')
    .option(
      '--held-out <[task=]app...>',
      'evaluate each new model on held-out data: mnist-mlp, mnist-cnn, or a module as join --app takes it',
    )
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

/** Where the log goes: past the live line, where there is one; as ever elsewhere. */
const logStream = (): { write: (text: string) => void } | undefined =>
  live.isLive ? { write: (text) => say(text.trimEnd()) } : undefined;

async function run(path: string, flags: CoordinatorFlags): Promise<number> {
  const { json, logLevel } = flags;
  let coordinator: Coordinator | undefined;
  // From the beginning: whoever is interrupted while it starts still ends in good order.
  const interrupted = onInterrupt(() => void coordinator?.stop());
  try {
    const { createCoordinator, createLog, labelOf, loadConfig, nameText, refusedByDefault } =
      await import('../../coordinator/index.ts');
    const config = await loadConfig(path);
    const evaluate = await heldOutFrom(flags.heldOut ?? [], config.tasks);
    coordinator = await createCoordinator({
      config: overridden(config, flags),
      version: version(),
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
    const unwatch = watch(coordinator, config, nameText);
    await coordinator.finished.finally(unwatch);
    if (interrupted.happened()) return EXIT.interrupted;
    for (const { task, modelHash, round, rounds } of coordinator.tasks) {
      const ending =
        round < rounds
          ? `the privacy budget of ${task} is spent after ${round} of ${rounds} rounds`
          : `all rounds of ${task} have committed`;
      say(`${ending}; its model: ${join(config.dataDir, 'models', `${modelHash}.safetensors`)}`);
    }
    return EXIT.ok;
  } finally {
    await coordinator?.stop();
    interrupted.stop();
  }
}
