import type { TaskCall } from './pool.ts';
import type { WorkerTask } from './task.ts';

const never = new AbortController().signal;

/** What a worker thread runs for each call: it finds the task by its module and its name. An abort ends the thread. */
export default async function runTask({ module, name, input }: TaskCall): Promise<unknown> {
  const exported = (await import(module)) as Readonly<Record<string, WorkerTask<unknown, unknown> | undefined>>;
  const task = exported[name];
  if (task === undefined) throw new Error(`${module} exports no task "${name}"`);
  return task.run(input, never);
}
