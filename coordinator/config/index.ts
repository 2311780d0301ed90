import { dirname, resolve } from 'node:path';
import { CairnError } from '../../protocol/errors.ts';
import { Faults } from '../../protocol/faults.ts';
import { configErrors } from '../../protocol/issues.ts';
import { type Limits, limitsOf, UPLOAD_PACE, type UploadPace } from './limits.ts';
import { configSchema, type ParsedConfig, type ParsedTask, taskSchema } from './schema.ts';
import { type OwnLearning, type Registry, registryOf } from '../../learning/index.ts';
import { readConfigFile } from './source.ts';
import { completeTask, type TaskConfig } from './task.ts';

export { refusedByDefault } from './default-policy.ts';
export { type Exposure, exposureOf } from './exposure.ts';
export { DRAWN_PART, DRAWS_PER_ROUND, drawsMembers, isDrawable, maxDefect } from './draws.ts';
export type { Draws } from './draws.ts';
export type { PrivacyConfig } from './privacy.ts';
export type { TaskConfig } from './task.ts';

/** A coordinator's configuration, checked and complete. */
export type CoordinatorConfig = Readonly<Omit<ParsedConfig, 'tasks' | 'limits'>> & {
  readonly tasks: readonly TaskConfig[];
  /** All limits derived from the configuration's two. */
  readonly limits: Limits;
  /** The same for every coordinator. */
  readonly uploads: UploadPace;
};

/**
 * Checks a configuration and fills in its defaults; relative files and folders stay relative to the working directory.
 * @param own - the operator's own strategies and rules, which its tasks may name in addition to Cairn's
 * @throws CairnError `config-unknown-key` (with the key that was probably meant), `config-invalid`,
 * `threshold-unsound`, `no-feasible-graph`, `overflow-budget`: one line that names the field; if several are wrong, all
 * of them, with the code of the first
 */
export function parseConfig(value: unknown, own: OwnLearning = {}): CoordinatorConfig {
  const faults = new Faults();
  const registry = registryOf(own);
  const parsed = configSchema(registry).safeParse(value);
  if (!parsed.success) {
    faults.add(...configErrors(parsed.error.issues, value));
    // Well-formed tasks are still checked, so that their errors are reported, too.
    for (const [i, task] of wellFormedTasks(value, registry)) {
      faults.check(() => completeTask(task, pathOf(task, i), registry));
    }
    faults.throwAny();
    throw new CairnError('config-invalid', 'the configuration is not valid');
  }
  const tasks = parsed.data.tasks.flatMap(
    (task, i) => faults.check(() => completeTask(task, pathOf(task, i), registry)) ?? [],
  );
  assertNames(parsed.data, faults);
  assertRoom(parsed.data, tasks, faults);
  assertFiles(parsed.data, faults);
  faults.throwAny();
  return { ...parsed.data, tasks, limits: limitsOf(parsed.data.limits), uploads: UPLOAD_PACE };
}

const pathOf = ({ name }: ParsedTask, i: number): string => `tasks[${i}] "${name}"`;

/** The well-formed tasks of a configuration that is wrong elsewhere, with their indices. */
function wellFormedTasks(value: unknown, registry: Registry): [number, ParsedTask][] {
  const tasks: unknown = typeof value === 'object' && value !== null && 'tasks' in value ? value.tasks : undefined;
  if (!Array.isArray(tasks)) return [];
  const schema = taskSchema(registry);
  // A copy: an array passed by a program may have its own `constructor` field, which array methods would call.
  return Array.from<unknown>(tasks).flatMap((raw, i): [number, ParsedTask][] => {
    const task = schema.safeParse(raw);
    return task.success ? [[i, task.data]] : [];
  });
}

/** File systems that ignore case would mix up the records of two tasks whose names differ only in case. */
function assertNames({ tasks }: ParsedConfig, faults: Faults): void {
  tasks.forEach(({ name }, i) => {
    const first = tasks.findIndex((other) => other.name.toLowerCase() === name.toLowerCase());
    if (first < i)
      faults.add(new CairnError('config-invalid', `tasks[${i}].name: "${name}" is taken by tasks[${first}]`));
  });
}

function assertRoom({ limits: { total } }: ParsedConfig, tasks: readonly TaskConfig[], faults: Faults): void {
  const crowded = tasks.find(({ quorum }) => quorum > total);
  if (crowded === undefined) return;
  faults.add(
    new CairnError(
      'config-invalid',
      `limits.total: ${total} members can be connected, but task "${crowded.name}" waits for ${crowded.quorum}`,
      { hint: `raise limits.total to at least ${crowded.quorum}, or lower quorum` },
    ),
  );
}

/** Checks files that need each other, or that a task needs. */
function assertFiles({ tasks, directory, tlsCert, tlsKey }: ParsedConfig, faults: Faults): void {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const missing = tlsCert === undefined ? 'tlsCert' : 'tlsKey';
    faults.add(
      new CairnError('config-invalid', `${missing}: TLS needs a certificate and its key, but it is missing`, {
        hint: 'set both files, or neither',
      }),
    );
  }
  if (directory !== undefined) return;
  const missing = (why: string, hint: string): CairnError =>
    new CairnError(
      'config-invalid',
      `directory: expected { file, authorityKey }, since task ${why}, but it is missing`,
      { hint: `add the signed member directory, or set ${hint}` },
    );
  const members = tasks.find((task) => task.adversary === 'curious' && !task.unsafeOpenEnrolment);
  const active = tasks.find((task) => task.adversary === 'active');
  if (members !== undefined) {
    faults.add(
      missing(
        `"${members.name}" takes enrolled members only`,
        'the task’s unsafeOpenEnrolment to true if every party that can reach the coordinator is trusted',
      ),
    );
  } else if (active !== undefined) {
    faults.add(
      missing(
        `"${active.name}" is run for an active adversary`,
        'adversary to "curious" if the coordinator is trusted not to lie',
      ),
    );
  }
}

/**
 * Reads a configuration file: JSON, or a module that exports one as its default (see `defineConfig`). Relative paths in
 * it are resolved against the file's own folder.
 * @param own - as for {@link parseConfig}
 * @throws CairnError `config-unreadable` for a file that is missing, is not JSON or throws, `config-invalid` for a module
 * without a default export, and what {@link parseConfig} throws
 */
export async function loadConfig(path: string, own: OwnLearning = {}): Promise<CoordinatorConfig> {
  return relativeTo(dirname(resolve(path)), parseConfig(await readConfigFile(path), own));
}

function relativeTo(folder: string, config: CoordinatorConfig): CoordinatorConfig {
  const { directory, tlsCert, tlsKey } = config;
  return {
    ...config,
    dataDir: resolve(folder, config.dataDir),
    ...(tlsCert === undefined ? {} : { tlsCert: resolve(folder, tlsCert) }),
    ...(tlsKey === undefined ? {} : { tlsKey: resolve(folder, tlsKey) }),
    ...(directory === undefined ? {} : { directory: { ...directory, file: resolve(folder, directory.file) } }),
    tasks: config.tasks.map((task) =>
      task.model?.file === undefined
        ? task
        : { ...task, model: { ...task.model, file: resolve(folder, task.model.file) } },
    ),
  };
}
