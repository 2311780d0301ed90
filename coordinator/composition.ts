import { secagg } from '../protocol/schemes/secagg/index.ts';
import { unmaskRunner } from './rounds/runner.ts';
import { nodePrimitives } from '../protocol/crypto/node/index.ts';
import { systemRandom } from '../protocol/crypto/index.ts';
import { asCairnError } from '../protocol/errors.ts';
import { drawsMembers } from './config/index.ts';
import { Seats } from './gateway/index.ts';
import { createLog } from './log.ts';
import { Names } from './names.ts';
import { News } from './news.ts';
import type { CoordinatorOptions } from './options.ts';
import type { Resources } from './resources.ts';
import { Task, type TaskHost } from './rounds/index.ts';
import { type CoordinatorServer, createCoordinatorServer, type Readiness } from './server.ts';
import { availableMemory, largestMessage, uploadsWithin } from './sizes.ts';
import { Telemetry } from './telemetry.ts';
import { Unmasker } from './workers/index.ts';

/** The parts of a coordinator. None of them is running yet. */
export interface Composition {
  readonly telemetry: Telemetry;
  readonly names: Names;
  readonly seats: Seats;
  readonly news: News;
  readonly unmasker: Unmasker;
  readonly server: CoordinatorServer;
  /** In the configuration's order. */
  readonly tasks: readonly Task[];
}

/**
 * Builds a coordinator's parts and connects them.
 * @throws CairnError `config-invalid` if the configuration asks for new models to be validated and no evaluation was
 * given
 */
export function compose(options: CoordinatorOptions, resources: Resources, readiness: Readiness): Composition {
  const { config, primitives = nodePrimitives, random = systemRandom } = options;
  const { members, models, store } = resources;
  const counted = { connected: () => seats.connected, draws: config.tasks.some(drawsMembers) };
  const names = new Names((member) => members.nameOf(member));
  const telemetry = new Telemetry(options.log ?? createLog(config.logLevel), counted, names);
  const { log, events, metrics } = telemetry;
  const largest = Math.max(
    ...config.tasks.map((task) => {
      const { layout, scales } = models.get(task.name)!;
      return largestMessage(task, layout.size, scales.untrained);
    }),
  );
  const fitting = uploadsWithin(availableMemory(), largest);
  const { atOnce = fitting.atOnce } = config.uploads;
  if (fitting.fillMemory) log.warn('uploads-fill-memory', { size: fitting.atOnce * largest });
  const seats = new Seats({
    graceMs: config.reconnectGraceMs,
    admitted: (task) => members.admitted(task),
    joined: (member, name) => {
      names.note(member, name);
      telemetry.member('joined', member);
    },
    away: (member) => telemetry.member('away', member),
    back: (member) => telemetry.member('back', member),
    left: (member) => telemetry.member('left', member),
    welcomed: (seat) => news.welcomed(seat),
    changed: () => news.seatsChanged(),
  });
  const news = new News({ seats, standings: () => tasks.map(({ standing }) => standing), draws: counted.draws });
  const unmasker = new Unmasker({
    primitives,
    workers: config.workers,
    onLost: (workers) => telemetry.workersLost(workers),
  });
  const uploads = { atOnce, largest };
  const parts = { resources, telemetry, seats, readiness, primitives, random, uploads };
  const server = createCoordinatorServer(options, parts);
  const host: TaskHost = {
    primitives,
    random,
    members,
    seats,
    log,
    schemes: options.schemes ?? [secagg],
    runner: unmaskRunner(unmasker, primitives),
    evaluate: options.evaluate,
    names,
    report: async (bare) => {
      const report = names.named(bare);
      metrics.report(report);
      await store.appendRound(report).catch((thrown: unknown) => telemetry.fault(asCairnError(thrown)));
      events.emit('round', report);
    },
    state: (event) => events.emit('state', event),
    progress: (event) => events.emit('progress', event),
    waiting: (event) => telemetry.waiting(event),
    unmasked: (task, masks, workers) => metrics.unmasked(task, masks, workers),
    stands: (task) => news.stands(task),
    rebased: (task) => metrics.rebased(task),
    dropped: (task, drop) => metrics.drop(task, drop),
    fault: (error) => telemetry.fault(error),
  };
  const tasks = config.tasks.map((task) => new Task(task, models.get(task.name)!, host));
  return { telemetry, names, seats, news, unmasker, server, tasks };
}
