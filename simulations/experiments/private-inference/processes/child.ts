import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CairnError, isErrorCode } from '../../../../protocol/errors.ts';
import type { Commands, Reply } from './messages.ts';

/** Where this folder is in the built package. */
const BUILT = '../../../../dist/simulations/experiments/private-inference/processes/';

/** The entry as a process can load it: under vitest the built one, since Node 20 strips no types. */
function entryFile(): string {
  const from = import.meta.url;
  const file = fileURLToPath(new URL(from.endsWith('.ts') ? `${BUILT}entry.js` : './entry.js', from));
  if (existsSync(file)) return file;
  throw new CairnError('internal', 'this experiment starts processes, and their code is not built', {
    hint: 'npm run build',
  });
}

interface Waiting {
  readonly resolve: (output: never) => void;
  readonly reject: (error: CairnError) => void;
}

/** A process of the experiment. */
export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: CairnError | undefined;

  /** @param name for errors */
  constructor(name: string) {
    this.#process = fork(entryFile(), [], {
      // Typed arrays pass as they are.
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process.on('message', (reply) => this.#take(reply as Reply));
    const end = (why: string): void => this.#end(new CairnError('inference-ended', `${name} has ended (${why})`));
    this.#process.on('error', ({ message }) => end(message));
    this.#process.on('exit', (code, signal) => end(`${signal ?? code}`));
  }

  /**
   * Has the process do something.
   * @throws CairnError what it threw there, `inference-ended` if it is gone
   */
  call<Name extends keyof Commands>(name: Name, input: Commands[Name]['input']): Promise<Commands[Name]['output']> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      const id = this.#calls++;
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, name, input });
    });
  }

  /** Ends the process. Ending twice is harmless. */
  end(): void {
    this.#process.kill('SIGKILL');
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('output' in reply) waiting?.resolve(reply.output as never);
    else {
      const { code, message } = reply.error;
      waiting?.reject(new CairnError(isErrorCode(code) ? code : 'internal', message));
    }
  }

  #end(error: CairnError): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
