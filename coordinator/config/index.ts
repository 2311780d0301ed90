import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CairnError } from '../../protocol/errors.ts';
import { configError } from './issues.ts';
import { configSchema, type ParsedConfig } from './schema.ts';
import { completeTask, type TaskConfig } from './task.ts';

export { type Exposure, exposureOf } from './exposure.ts';
export { DRAWN_PART, DRAWS_PER_ROUND, drawsMembers, isDrawable, mostDefect } from './draws.ts';
export type { Draws } from './draws.ts';
export { equalSizes, greatestGroup, smallestGroup } from './groups.ts';
export type { PrivacyConfig } from './privacy.ts';
export type { TaskConfig } from './task.ts';

/** A coordinator's configuration, checked and complete. */
export type CoordinatorConfig = Readonly<Omit<ParsedConfig, 'tasks'>> & { readonly tasks: readonly TaskConfig[] };

/**
 * Checks a configuration and fills in its defaults; relative files and folders stay relative to the working directory.
 * @throws CairnError `config-unknown-key` (with the key that was probably meant), `config-invalid`, `threshold-unsound`,
 * `no-feasible-graph`, `overflow-budget`: one line each, naming the field
 */
export function parseConfig(value: unknown): CoordinatorConfig {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) throw configError(parsed.error.issues, value);
  const tasks = parsed.data.tasks.map((task, i) => completeTask(task, `tasks[${i}] "${task.name}"`));
  tasks.forEach(({ name }, i) => {
    // File systems that ignore case would mix up the records of two such tasks.
    const first = tasks.findIndex((other) => other.name.toLowerCase() === name.toLowerCase());
    if (first < i) throw new CairnError('config-invalid', `tasks[${i}].name: "${name}" is taken by tasks[${first}]`);
  });
  const { connections } = parsed.data.limits;
  const crowded = tasks.find(({ quorum }) => quorum > connections);
  if (crowded !== undefined) {
    throw new CairnError(
      'config-invalid',
      `limits.connections: ${connections} members can be connected, but task "${crowded.name}" waits for ${crowded.quorum}`,
      { hint: `raise limits.connections to ${crowded.quorum} at least, or lower quorum` },
    );
  }
  const { tlsCert, tlsKey } = parsed.data;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const missing = tlsCert === undefined ? 'tlsCert' : 'tlsKey';
    throw new CairnError('config-invalid', `${missing}: TLS needs a certificate and its key, but it is missing`, {
      hint: 'name both files, or none',
    });
  }
  const members = tasks.find((task) => task.adversary === 'curious' && !task.unsafeOpenEnrolment);
  if (members !== undefined && parsed.data.directory === undefined) {
    throw new CairnError(
      'config-invalid',
      `directory: expected { file, authorityKey }, since task "${members.name}" takes enrolled members only, but it is missing`,
      {
        hint: 'add the signed member directory, or set the task’s unsafeOpenEnrolment to true where everybody who can reach the coordinator is trusted',
      },
    );
  }
  const active = tasks.find((task) => task.adversary === 'active');
  if (active !== undefined && parsed.data.directory === undefined) {
    throw new CairnError(
      'config-invalid',
      `directory: expected { file, authorityKey }, since task "${active.name}" is run for an active adversary, but it is missing`,
      {
        hint: 'add the signed member directory, or set adversary to "curious" where the coordinator is trusted not to lie',
      },
    );
  }
  return { ...parsed.data, tasks };
}

/**
 * Reads a configuration file (JSON). Relative paths in it count from the file's own folder.
 * @throws CairnError `config-unreadable`, and what {@link parseConfig} throws
 */
export async function loadConfig(path: string): Promise<CoordinatorConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    if (reason === 'ENOENT') {
      throw new CairnError('config-unreadable', `there is no configuration file ${path}`, {
        cause,
        hint: 'name one, or write one: examples/own-model/coordinator.json is short',
      });
    }
    throw new CairnError('config-unreadable', `${path} cannot be read (${reason})`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CairnError(
      'config-unreadable',
      `${path} is not JSON: ${(cause as Error).message.replaceAll(/\s+/g, ' ')}`,
      { cause },
    );
  }
  return relativeTo(dirname(resolve(path)), parseConfig(value));
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
