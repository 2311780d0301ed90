/** The client in Node: joins rounds and trains. */
import { nodePrimitives } from '../protocol/crypto/node/index.ts';
import type { App } from './app.ts';
import { joinOn } from './join.ts';
import type { JoinOptions } from './options.ts';
import type { Participation } from './participation.ts';

export { acceptLostMemory, consentInFile, consentPath } from './consent/file.ts';
export type { ConsentFileOptions } from './consent/file.ts';
export { readPolicyFile } from './consent/policy-file.ts';
export { loadEmnist } from '../training/data/node/index.ts';
export type { EmnistOptions, EmnistSplit } from '../training/data/node/index.ts';
export { loadIdx } from '../training/data/node/index.ts';
export type { ExampleChoice, IdxOptions } from '../training/data/node/index.ts';
export { loadCsv, parseCsv } from '../training/data/node/index.ts';
export { loadMnist, loadMnistLabels } from '../training/data/node/index.ts';
export type { MnistOptions, MnistPart } from '../training/data/node/index.ts';
export { readIdentity, writeIdentity } from './enrolment/node.ts';
export { serialsInFile, serialsPath } from './enrolment/serials.ts';
export * from './public.ts';

/**
 * Joins a coordinator with Node's own cryptography: loads the app's data, connects, and takes part in the rounds it is
 * invited to, across lost connections and abandoned rounds, until all its tasks have ended (`onModel` receives their
 * final models) or it leaves. Process signals are left to the caller: call `leave()` on SIGINT.
 * @throws CairnError `config-invalid` for options that cannot work, `update-shape` for impossible shapes; everything
 * that happens later is reported by `closed` and `onEvent`
 */
export function join<Data>(url: string, app: App<Data>, options: JoinOptions = {}): Participation {
  return joinOn({ primitives: nodePrimitives }, url, app, options);
}
