import { setImmediate as nextTurn } from 'node:timers/promises';
import { asCairnError } from '../protocol/errors.ts';
import { memberId } from '../protocol/ids.ts';
import { assertSimd } from '../protocol/kernels/index.ts';
import { isLoopback } from '../protocol/wire/index.ts';
import { assertCoordinatorOptions } from './assert-options.ts';
import { type Composition, compose } from './composition.ts';
import { refusedByDefault } from './config/index.ts';
import { watchDirectory } from './directory-watch.ts';
import type { CoordinatorEvents } from './events.ts';
import { listen } from './http/listen.ts';
import type { MemberName } from './member-name.ts';
import type { Coordinator, CoordinatorOptions } from './options.ts';
import { openResources, type Resources } from './resources.ts';
import type { Log } from './log.ts';
import type { Task, TaskStatus } from './rounds/index.ts';

/**
 * Starts a coordinator.
 * @throws CairnError `port-in-use`, `folder-unwritable`, `task-claimed`, `config-unknown-key` for an unknown option,
 * `config-invalid`, `config-unreadable`, `directory-signature`, `directory-expired`, `unsafe-plain-http`,
 * `key-file-mode`, `model-malformed`, `model-unsupported`, `model-too-large`, `update-shape`, `data-empty`,
 * `evaluation-not-finite`, `simd-missing`; nothing is left running then
 */
export async function createCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  assertCoordinatorOptions(options);
  // Checked here rather than when the first sum is unmasked.
  assertSimd();
  const resources = await openResources(options);
  try {
    const running = new RunningCoordinator(options, resources);
    await running.listen();
    return running;
  } catch (thrown) {
    await resources.release();
    throw thrown;
  }
}

/** Milliseconds that clients get to leave by themselves, and that disconnected ones get to come back. */
const FAREWELL_MS = 30_000;
const RETURNING_MS = 1000;

/** Milliseconds that connections get to close cleanly. */
const CLOSING_MS = 1000;

/** Logs what an operator should know about a task before its first round. */
function sayAtStart({ config, status }: Task, log: Log): void {
  const { name: task, minCohort: members } = config;
  if (refusedByDefault(config) !== undefined) log.warn('sums-too-small', { task, members });
  if (status.privacy === undefined) return;
  const { clip, noise } = status.privacy;
  const level = noise.bearableFrom > noise.members ? 'warn' : 'info';
  log[level]('noise-expected', {
    ...{ task, members: noise.members, noise: noise.norm, clip, bearable: noise.bearableFrom },
  });
}

/** A promise and what resolves it. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}

/** A running coordinator: it listens, runs its tasks and stops. */
class RunningCoordinator implements Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #resources: Resources;
  readonly #composition: Composition;
  readonly #stopping = deferred();
  #directory: ReturnType<typeof watchDirectory>;
  #port = 0;
  #ready = false;
  #finished: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: CoordinatorOptions, resources: Resources) {
    this.#options = options;
    this.#resources = resources;
    this.#composition = compose(options, resources, { ready: () => this.#ready, tasks: () => this.tasks });
  }

  get url(): string {
    const { host } = this.#options.config;
    const scheme = this.#resources.tls === undefined ? 'http' : 'https';
    const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get finished(): Promise<void> {
    return this.#finished;
  }

  get tasks(): readonly TaskStatus[] {
    return this.#composition.tasks.map(({ status }) => status);
  }

  nameOf(member: number): MemberName | undefined {
    return this.#composition.names.of(memberId(member));
  }

  model(task: string): Record<string, Float32Array> | undefined {
    return this.#resources.models.get(task)?.tensors;
  }

  on<Name extends keyof CoordinatorEvents>(
    name: Name,
    listener: (...args: CoordinatorEvents[Name]) => void,
  ): () => void {
    return this.#composition.telemetry.events.on(name, listener);
  }

  /** Listens, then runs the tasks. @throws CairnError `port-in-use`, `config-invalid` */
  async listen(): Promise<void> {
    const { host, port, tasks, publicUrls, trustProxy } = this.#options.config;
    const { telemetry, seats, server } = this.#composition;
    const { log } = telemetry;
    try {
      for (const task of this.#composition.tasks) await task.prepare();
      this.#port = await listen(server.listener.server, host, port);
    } catch (thrown) {
      await server.gateway.close();
      throw thrown;
    }
    log.info('listening', { host, port: this.#port });
    for (const { name: task, unsafeOpenEnrolment, cohort, privacy } of tasks) {
      if (unsafeOpenEnrolment) log.warn('unsafe-open-enrolment', { task });
      // A δ above one over the members allows a mechanism that publishes the data of one of them, chosen at random.
      const members = Math.max(cohort, this.#resources.members.size);
      if (privacy !== undefined && privacy.delta > 1 / members) {
        log.warn('delta-above-members', { task, members, delta: privacy.delta });
      }
    }
    for (const task of this.#composition.tasks) sayAtStart(task, log);
    // Configured addresses on a loopback are those of a proxy, so that all members seem to have its address.
    if (publicUrls.length > 0 && trustProxy === 0 && isLoopback(host)) log.warn('proxy-not-trusted');
    this.#ready = true;
    this.#finished = this.#runTasks();
    // A program that awaits it sees the error; one that does not must not crash because of it.
    this.#finished.catch(() => undefined);
    this.#directory = watchDirectory(this.#resources, seats, log);
  }

  async farewell(ms = FAREWELL_MS): Promise<void> {
    const { seats } = this.#composition;
    await this.#until(() => seats.size === 0, ms);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #runTasks(): Promise<void> {
    // Not before the code that awaits the coordinator has had a chance to subscribe to its events.
    await Promise.race([this.#options.begin ?? nextTurn(), this.#stopping.promise]);
    const results = await Promise.allSettled(this.#composition.tasks.map((task) => this.#run(task)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw asCairnError(failed.reason);
  }

  async #run(task: Task): Promise<void> {
    try {
      await task.run();
    } finally {
      this.#composition.telemetry.events.emit('ended', task.status);
    }
  }

  /** Waits until this holds for the seated members, for at most that many milliseconds. */
  async #until(holds: () => boolean, ms: number): Promise<void> {
    const enough = AbortSignal.timeout(ms);
    while (!holds() && !enough.aborted) await this.#composition.seats.change(enough);
  }

  async #stop(): Promise<void> {
    const { telemetry, seats, news, unmasker, server, tasks } = this.#composition;
    this.#ready = false;
    this.#directory?.close();
    for (const task of tasks) task.stop();
    this.#stopping.resolve();
    await this.#finished.catch(() => undefined);
    const { reconnectGraceMs } = this.#options.config;
    await this.#until(() => seats.size === seats.connected, Math.min(reconnectGraceMs, RETURNING_MS));
    news.close();
    await unmasker.close();
    // A peer that does not answer the closing handshake would hold the port for 30 seconds.
    const impatience = setTimeout(() => server.listener.destroyConnections(), CLOSING_MS);
    await server.gateway.close();
    clearTimeout(impatience);
    await this.#resources.release();
    telemetry.log.info('stopped');
  }
}
