import { nodePrimitives } from '../protocol/crypto/node/native.ts';
import type { Primitives } from '../protocol/crypto/primitives.ts';
import { systemRandom, type RandomSource } from '../protocol/crypto/random.ts';
import { asCairnError, CairnError, type ErrorCode } from '../protocol/errors.ts';
import { isLoopback } from '../protocol/wire/address.ts';
import { Addresses } from './addresses.ts';
import type { CoordinatorConfig } from './config/index.ts';
import { type LoadedDirectory, loadDirectory } from './directory.ts';
import { DirectoryEnd } from './directory-end.ts';
import { DirectoryFile } from './directory-file.ts';
import { type CoordinatorEvents, Events } from './events.ts';
import { Gateway, Seats } from './gateway/index.ts';
import { createApp } from './http/app.ts';
import { createListener, listen, type Listener } from './http/listen.ts';
import { loadTls, type TlsFiles } from './http/tls.ts';
import { createLog, type Log } from './log.ts';
import { Entrance } from './limits/entrance.ts';
import { Members } from './members.ts';
import { Metrics } from './metrics.ts';
import { type Evaluate, type InitialModel, Task, type TaskHost, TaskModel, type TaskStatus } from './rounds/index.ts';
import { Origins } from './origins.ts';
import { availableMemory, largestMessage, uploadsWithin } from './sizes.ts';
import { FileStore, type Store } from './store/index.ts';
import { Unmasker } from './workers/index.ts';

/** What a coordinator is made with. */
export interface CoordinatorOptions {
  readonly config: CoordinatorConfig;
  /** Looks at each new model; its result stands in the round's report. */
  readonly evaluate?: Evaluate;
  /** Models to start tasks from, by task; they come before the configuration's. */
  readonly initialModels?: Readonly<Record<string, InitialModel>>;
  /** Where models, tasks and reports are kept. Default: a FileStore in `dataDir`. */
  readonly store?: Store;
  /** Default: JSON lines on stderr at the configuration's level. */
  readonly log?: Log;
  /** Version of the package, for the API. */
  readonly version?: string;
  /** Default: Node's own. */
  readonly primitives?: Primitives;
  /** CSPRNG for nonces, challenges, tokens and cohorts. Default: the platform's. */
  readonly random?: RandomSource;
  /** Seconds since 1970 (UTC), by which the directory and its members expire. Default: the system's clock. */
  readonly clock?: () => number;
  /** Members may connect at once, but no task runs its first round before this resolves. Default: at once. */
  readonly begin?: Promise<void>;
}

/** A coordinator that listens and runs its tasks. */
export interface Coordinator {
  /** Address to join at. */
  readonly url: string;
  readonly port: number;
  /**
   * Settles when every task has come to its end: resolves when all rounds have committed or {@link stop} was called,
   * rejects with the error of the first task that failed. The coordinator goes on serving models and status.
   */
  readonly finished: Promise<void>;
  /** Where each task stands. */
  readonly tasks: readonly TaskStatus[];
  /** The current parameters of a task's model, copied; undefined for an unknown task. */
  model(task: string): Record<string, Float32Array> | undefined;
  /** Subscribes to events. @returns a function that ends the subscription */
  on<Name extends keyof CoordinatorEvents>(
    name: Name,
    listener: (...args: CoordinatorEvents[Name]) => void,
  ): () => void;
  /** Abandons rounds, tells their members, closes every connection and stops listening. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a coordinator.
 * @throws CairnError `port-in-use`, `folder-unwritable`, `config-invalid`, `config-unreadable`, `directory-signature`,
 * `directory-expired`, `unsafe-plain-http`, `key-file-mode`, `model-malformed`, `update-shape`; then nothing is left running
 */
export async function createCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { config, primitives = nodePrimitives } = options;
  const tls = await loadTls(config);
  const store = options.store ?? (await FileStore.open(config.dataDir));
  const clock = options.clock ?? ((): number => Math.floor(Date.now() / 1000));
  const { directory } = config;
  const open = config.tasks.filter(({ unsafeOpenEnrolment }) => unsafeOpenEnrolment).map(({ name }) => name);
  const load = directory === undefined ? undefined : () => loadDirectory(primitives, directory, clock());
  const members = new Members(await load?.(), open, clock);
  const models = new Map<string, TaskModel>();
  for (const task of config.tasks) {
    models.set(task.name, await TaskModel.open(store, task, options.initialModels?.[task.name]));
  }
  const running = new RunningCoordinator(options, { store, tls, models, members, clock });
  await running.listen();
  if (directory !== undefined && load !== undefined) running.follow(directory.file, load);
  return running;
}

/** Milliseconds that connections get to end in good order. */
const CLOSING_MS = 1000;

interface Parts {
  readonly store: Store;
  readonly tls: TlsFiles | undefined;
  readonly members: Members;
  readonly clock: () => number;
  readonly models: ReadonlyMap<string, TaskModel>;
}

/** A promise and what resolves it. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}

class RunningCoordinator implements Coordinator {
  readonly #config: CoordinatorConfig;
  readonly #scheme: 'http' | 'https';
  readonly #models: ReadonlyMap<string, TaskModel>;
  readonly #log: Log;
  readonly #events = new Events();
  readonly #seats: Seats;
  readonly #metrics: Metrics;
  readonly #unmasker: Unmasker;
  readonly #http: Listener;
  readonly #gateway: Gateway;
  readonly #tasks: readonly Task[];
  readonly #members: Members;
  #directory: DirectoryFile | undefined;
  readonly #directoryEnd: DirectoryEnd;
  #port = 0;
  #finished: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  readonly #begin: Promise<void>;
  readonly #stopping = deferred();
  #ready = false;

  constructor(options: CoordinatorOptions, { store, tls, members, models, clock }: Parts) {
    const { config, primitives = nodePrimitives, random = systemRandom } = options;
    this.#config = config;
    this.#members = members;
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#begin = options.begin ?? Promise.resolve();
    this.#models = models;
    this.#log = options.log ?? createLog(config.logLevel);
    const largest = Math.max(...config.tasks.map((task) => largestMessage(task, models.get(task.name)!.layout.size)));
    const uploads = uploadsWithin(availableMemory(), largest, config.uploads.atOnce);
    if (uploads.fillMemory) this.#log.warn('uploads-fill-memory', { size: uploads.atOnce * largest });
    this.#directoryEnd = new DirectoryEnd({
      notAfter: () => members.notAfter,
      clock,
      onSoon: (hours) => this.#log.warn('directory-ends-soon', { hours }),
    });
    this.#seats = this.#createSeats(config.reconnectGraceMs, members);
    this.#metrics = new Metrics(() => this.#seats.connected);
    this.#unmasker = new Unmasker({
      primitives,
      workers: config.workers,
      onLost: (workers) => {
        this.#metrics.workersLost(workers);
        this.#log.warn('workers-lost', { workers });
      },
    });
    const addresses = new Addresses({ publicUrls: config.publicUrls, host: config.host, scheme: this.#scheme });
    const origins = new Origins(config.allowedOrigins, addresses);
    const limits = { ...config.limits, trustProxy: config.trustProxy };
    this.#http = createListener(
      createApp({
        store,
        metrics: this.#metrics,
        version: options.version ?? 'unknown',
        ready: () => this.#ready,
        tasks: () => this.tasks,
        connected: () => this.#seats.connected,
        directory: () => members.signed,
        origins,
        limits,
        uploads: config.uploads,
        onRefused: ({ code }) => this.#refused('request', code),
        onFault: (error) => this.#fault(error),
      }),
      {
        ...limits,
        connections: 2 * limits.connections,
        connectionsPerAddress: limits.trustProxy > 0 ? undefined : 2 * limits.connectionsPerAddress,
        onRefused: () => this.#refused('connection', 'rate-limited'),
      },
      tls,
    );
    this.#gateway = new Gateway({
      http: this.#http.server,
      seats: this.#seats,
      origins,
      primitives,
      random,
      members,
      tasks: config.tasks.map(({ name }) => name),
      addresses,
      uploads: uploads.atOnce,
      uploadStallMs: config.uploads.stallMs,
      leastUploadRate: config.uploads.leastRate,
      helloTimeoutMs: limits.helloTimeoutMs,
      entrance: new Entrance(limits, largest),
      onRefused: (what, code, member) => this.#refused(what, code, member),
      onTaken: (size, member) => this.#log.trace('message-taken', { member, size }),
    });
    const host: TaskHost = {
      primitives,
      random,
      members,
      seats: this.#seats,
      log: this.#log,
      unmasker: this.#unmasker,
      evaluate: options.evaluate,
      report: async (report) => {
        this.#metrics.report(report);
        await store.appendRound(report).catch((thrown: unknown) => this.#fault(asCairnError(thrown)));
        this.#events.emit('round', report);
      },
      state: (event) => this.#events.emit('state', event),
      progress: (event) => this.#events.emit('progress', event),
      unmasked: (task, masks, workers) => this.#metrics.unmasked(task, masks, workers),
      dropped: (task, drop) => this.#metrics.drop(task, drop),
      fault: (error) => this.#fault(error),
    };
    this.#tasks = config.tasks.map((task) => new Task(task, models.get(task.name)!, host));
  }

  get url(): string {
    const { host } = this.#config;
    const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    return `${this.#scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get finished(): Promise<void> {
    return this.#finished;
  }

  get tasks(): readonly TaskStatus[] {
    return this.#tasks.map(({ status }) => status);
  }

  model(task: string): Record<string, Float32Array> | undefined {
    return this.#models.get(task)?.tensors;
  }

  on<Name extends keyof CoordinatorEvents>(
    name: Name,
    listener: (...args: CoordinatorEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /** Listens, then runs the tasks. @throws CairnError `port-in-use`, `config-invalid` */
  async listen(): Promise<void> {
    const { host, port } = this.#config;
    try {
      this.#port = await listen(this.#http.server, host, port);
    } catch (thrown) {
      await this.#gateway.close();
      throw thrown;
    }
    this.#log.info('listening', { host, port: this.#port });
    for (const { name, unsafeOpenEnrolment } of this.#config.tasks) {
      if (unsafeOpenEnrolment) this.#log.warn('unsafe-open-enrolment', { task: name });
    }
    // Named addresses on a loopback are those of a proxy, and all members have its address then.
    const { publicUrls, trustProxy } = this.#config;
    if (publicUrls.length > 0 && trustProxy === 0 && isLoopback(host)) this.#log.warn('proxy-not-trusted');
    this.#ready = true;
    this.#finished = this.#runTasks();
    // Who asks for it sees the error; who does not must not be ended by it.
    this.#finished.catch(() => undefined);
  }

  /** Takes newer directories from this file from now on. */
  follow(path: string, load: () => Promise<LoadedDirectory>): void {
    this.#directory = new DirectoryFile({
      path,
      load,
      members: this.#members,
      onRenewed: (serial, gone) => {
        this.#log.info('directory-renewed', { serial });
        this.#directoryEnd.look();
        this.#seats.expel(gone, (member) => new CairnError('identity-unknown', `member ${member} is enrolled no more`));
      },
      onRefused: ({ code }) => this.#log.error('directory-refused', { code }),
    });
    this.#directory.watch();
    this.#directoryEnd.watch();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #runTasks(): Promise<void> {
    await Promise.race([this.#begin, this.#stopping.promise]);
    const results = await Promise.allSettled(this.#tasks.map((task) => task.run()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw asCairnError(failed.reason);
  }

  async #stop(): Promise<void> {
    this.#ready = false;
    this.#directory?.close();
    this.#directoryEnd.close();
    for (const task of this.#tasks) task.stop();
    this.#stopping.resolve();
    await this.#finished.catch(() => undefined);
    await this.#unmasker.close();
    // A peer that does not answer the closing handshake would hold the port for half a minute.
    const impatience = setTimeout(() => this.#http.destroyConnections(), CLOSING_MS);
    await this.#gateway.close();
    clearTimeout(impatience);
    this.#log.info('stopped');
  }

  #createSeats(graceMs: number, members: Members): Seats {
    const tell =
      (what: 'joined' | 'away' | 'back' | 'left') =>
      (member: number): void => {
        this.#log.info(`member-${what}`, { member });
        this.#events.emit('member', { member, what, connected: this.#seats.connected });
      };
    return new Seats({
      graceMs,
      admitted: (task) => members.admitted(task),
      joined: tell('joined'),
      away: tell('away'),
      back: tell('back'),
      left: tell('left'),
    });
  }

  #refused(what: 'connection' | 'message' | 'request', code: ErrorCode, member?: number): void {
    this.#metrics.refused(what, code);
    // Of an address that asks too often there may be very many; a member that floods is cut off with the first one.
    const level = code === 'rate-limited' && member !== undefined ? 'warn' : 'debug';
    this.#log[level](`${what}-refused`, { code, ...(member === undefined ? {} : { member }) });
  }

  #fault(error: CairnError): void {
    this.#log.error('fault', { code: error.code });
    this.#events.emit('fault', error);
  }
}
