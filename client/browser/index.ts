/**
 * The client in a browser: in a page, or better in a Web Worker, so that training never blocks the page. A worker needs
 * nothing special: it imports this entry, calls {@link join}, and forwards to its page what the page should know.
 *
 *     // worker.js, started by new Worker('worker.js', { type: 'module' })
 *     import { engineApp, join, mnistMlp } from 'cairn-fl/client/browser';
 *
 *     const participation = join('https://coordinator.example', engineApp(mnistMlp(), loadImages), {
 *       onEvent: (event) => self.postMessage(event),
 *     });
 *     self.onmessage = () => participation.leave();
 *
 * A page of another origin than the coordinator's must be listed in the coordinator's `allowedOrigins`.
 */
import { portablePrimitives } from '../../protocol/crypto/index.ts';
import type { App } from '../app.ts';
import { joinOn } from '../join.ts';
import { browserAgreer } from '../driver/agreement.ts';
import type { JoinOptions } from '../options.ts';
import type { Participation } from '../participation.ts';

export { parseCsv } from './csv.ts';
export * from '../public.ts';

/**
 * Joins a coordinator on portable cryptography, with WebCrypto for the many key agreements if the browser has X25519
 * (`agreed` events say which was used): loads the app's data, connects, and takes part in the rounds it is invited to,
 * across lost connections and abandoned rounds, until all its tasks have ended or it leaves; `task` events report their
 * state, and `onModel` receives the final models. Call `leave()` when the page is closed or hidden for good.
 * @param url the coordinator's address, such as `https://coordinator.example`
 * @throws CairnError `config-invalid` for options that cannot work, `update-shape` for impossible shapes; everything
 * that happens later is reported by `closed` and `onEvent`
 */
export function join<Data>(url: string, app: App<Data>, options: JoinOptions = {}): Participation {
  return joinOn({ primitives: portablePrimitives, agreer: browserAgreer }, url, app, options);
}
