/** Heavy work that may run in a worker thread: a pure function of its input, so that threads do not change results. */
export interface WorkerTask<In, Out> {
  /** URL of the module that exports it under {@link name}. */
  readonly module: string;
  readonly name: string;
  readonly run: (input: In, signal: AbortSignal) => Out | Promise<Out>;
}

/**
 * Declares a task. It must be exported, under the same name, by the module whose `import.meta.url` is given: a worker
 * thread finds it there. Input and output are cloned, except typed arrays over shared memory.
 */
export function defineWorkerTask<In, Out>(
  module: string,
  name: string,
  run: (input: In, signal: AbortSignal) => Out | Promise<Out>,
): WorkerTask<In, Out> {
  return { module, name, run };
}

/** The message to a worker thread. */
export interface TaskCall {
  readonly module: string;
  readonly name: string;
  readonly input: unknown;
}

const never = new AbortController().signal;

/** What a worker thread runs for each call: it finds the task by module and name. An abort ends the thread. */
export default async function runTask({ module, name, input }: TaskCall): Promise<unknown> {
  const exported = (await import(module)) as Readonly<Record<string, WorkerTask<unknown, unknown> | undefined>>;
  const task = exported[name];
  if (task === undefined) throw new Error(`${module} exports no task "${name}"`);
  return task.run(input, never);
}
