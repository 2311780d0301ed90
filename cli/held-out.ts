import { existsSync } from 'node:fs';
import { ofApp } from '../client/internal.ts';
import type { App } from '../client/index.ts';
import type { CoordinatorConfig, CoordinatorOptions } from '../coordinator/index.ts';
import { CairnError } from '../protocol/errors.ts';
import { didYouMean } from '../protocol/suggest.ts';
import { loadApp } from './app-module.ts';

type Evaluate = NonNullable<CoordinatorOptions['evaluate']>;
type Look = (tensors: Record<string, Float32Array>) => ReturnType<Evaluate>;

/**
 * Parses `--held-out`, which says how to evaluate new models: `[TASK=]APP`. APP is `mnist-mlp`, `mnist-cnn` (with
 * MNIST's test images) or a module as for `cairn join --app`, whose `data()` returns held-out data. Without a task it
 * is used for every task that has no APP itself.
 * @returns undefined if none is given
 * @throws CairnError `usage` if a task validates its models and no data are given for it, or for another task's name; `config-unreadable`,
 * `config-invalid` for a module without an app or an app without evaluate(), `app-failed`, `data-…`
 */
export async function heldOutFrom(
  named: readonly string[],
  tasks: CoordinatorConfig['tasks'],
): Promise<Evaluate | undefined> {
  const apps = new Map<string, string>();
  for (const text of named) {
    const task = tasks.find(({ name }) => text.startsWith(`${name}=`))?.name;
    if (task === undefined) assertModule(text, tasks);
    apps.set(task ?? '', task === undefined ? text : text.slice(task.length + 1));
  }
  const blind = tasks.find(({ name, validation }) => validation !== undefined && !apps.has(name) && !apps.has(''));
  if (blind !== undefined) {
    throw new CairnError('usage', `task "${blind.name}" validates its models on held-out data, but none are given`, {
      hint: `pass --held-out ${blind.name}=APP, or leave validation out of the task`,
    });
  }
  if (apps.size === 0) return undefined;
  const looks = new Map<string, Look>();
  for (const [task, app] of apps) looks.set(task, await lookWith(app));
  return (task, tensors) => (looks.get(task) ?? looks.get(''))?.(tensors) ?? Promise.resolve(undefined);
}

/** What begins with another task's name is no path, unless there is such a file. @throws CairnError `usage` */
function assertModule(text: string, tasks: CoordinatorConfig['tasks']): void {
  const named = /^([^=/\\]+)=/.exec(text)?.[1];
  if (named === undefined || existsSync(text)) return;
  const names = tasks.map(({ name }) => name);
  throw new CairnError('usage', `--held-out ${text}: there is no task "${named}"; ${didYouMean(named, names)}`, {
    hint: 'pass --held-out TASK=APP with a task of the configuration, or --held-out APP for all tasks',
  });
}

async function lookWith(name: string): Promise<Look> {
  const app = await appOf(name);
  if (app.evaluate === undefined) {
    throw new CairnError('config-invalid', `--held-out ${name}: the app has no evaluate()`, {
      hint: 'add evaluate(parameters, data), which resolves with { examples, loss, accuracy }',
    });
  }
  const data = await ofApp('data', () => app.data());
  const look: Look = (tensors) => ofApp('evaluate', () => app.evaluate!(tensors, data));
  await assertExamples(name, look, app);
  return look;
}

/**
 * Held-out data without examples cannot evaluate a model. This is checked before members are admitted, with a model of
 * zeros.
 */
async function assertExamples(name: string, look: Look, { shapes }: App): Promise<void> {
  const zeros = Object.entries(shapes).map(([tensor, shape]): [string, Float32Array] => [
    tensor,
    new Float32Array(shape.reduce((product, size) => product * size, 1)),
  ]);
  const examples = await look(Object.fromEntries(zeros)).then(
    (evaluation) => evaluation?.examples,
    (thrown: unknown) => {
      // Other errors will come up with the task's own model.
      if (thrown instanceof CairnError && thrown.code === 'data-empty') return 0;
      return undefined;
    },
  );
  if (examples !== 0) return;
  throw new CairnError('data-empty', `--held-out ${name}: its data have no examples`, {
    hint: 'use data with at least one example',
  });
}

async function appOf(name: string): Promise<App> {
  if (name !== 'mnist-mlp' && name !== 'mnist-cnn') return loadApp('--held-out', name);
  const { mnistTestApp } = await import('./mnist.ts');
  return mnistTestApp(name === 'mnist-cnn' ? 'cnn' : 'mlp');
}
