import { hostname } from 'node:os';
import { registryOf } from '../learning/index.ts';
import { nodePrimitives } from '../protocol/crypto/node/index.ts';
import { type LoadedDirectory, loadDirectory } from './directory.ts';
import { loadTls, type TlsFiles } from './http/tls.ts';
import { MemberRegistry } from './members.ts';
import type { CoordinatorOptions } from './options.ts';
import { TaskModel } from './rounds/index.ts';
import { type Lease, openStore, type Store } from './store/index.ts';

/** What a coordinator opens and reads before it listens. */
export interface Resources {
  readonly store: Store;
  /** Releases the tasks for another coordinator, and the folder if the store was opened here. */
  readonly release: () => Promise<void>;
  /** Undefined for plain HTTP. */
  readonly tls: TlsFiles | undefined;
  readonly members: MemberRegistry;
  /** Where the member directory comes from; undefined if there is none. */
  readonly directory: { readonly path: string; readonly load: () => Promise<LoadedDirectory> } | undefined;
  /** Seconds since 1970 (UTC). */
  readonly clock: () => number;
  /** By task. */
  readonly models: ReadonlyMap<string, TaskModel>;
}

/**
 * Reads the certificate, the directory and the models named in a configuration.
 * @throws CairnError `folder-unwritable`, `task-claimed`, `config-invalid`, `config-unreadable`, `directory-signature`,
 * `directory-expired`, `unsafe-plain-http`, `key-file-mode`, `model-malformed`, `model-unsupported`,
 * `model-too-large`, `update-shape`
 */
export async function openResources(options: CoordinatorOptions): Promise<Resources> {
  const { config, primitives = nodePrimitives } = options;
  const tls = await loadTls(config);
  const { store: given = `file:${config.dataDir}` } = options;
  const store = typeof given === 'string' ? await openStore(given) : given;
  const leases: Lease[] = [];
  const release = async (): Promise<void> => {
    for (const lease of leases) await lease.release();
    // A store that was passed in open belongs to the caller.
    if (typeof given === 'string') await store.close();
  };
  try {
    const holder = `the coordinator with process id ${process.pid} on ${hostname()}`;
    for (const { name } of config.tasks) leases.push(await store.claim(name, holder));
    const clock = options.clock ?? ((): number => Math.floor(Date.now() / 1000));
    const { directory: named } = config;
    const directory = named && { path: named.file, load: () => loadDirectory(primitives, named, clock()) };
    const open = config.tasks.filter(({ unsafeOpenEnrolment }) => unsafeOpenEnrolment).map(({ name }) => name);
    const members = new MemberRegistry(await directory?.load(), open, clock);
    const models = new Map<string, TaskModel>();
    const registry = registryOf(options);
    for (const task of config.tasks) {
      const { initialModels, version = 'unknown' } = options;
      models.set(
        task.name,
        await TaskModel.open(store, task, initialModels?.[task.name], { clock, version }, registry),
      );
    }
    return { store, release, tls, members, directory, clock, models };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}
