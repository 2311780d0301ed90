// What the tests call in a page.
import type { Participation } from '../../../client/browser/index.ts';
import { bestKernels } from '../../../training/index.ts';
import { browserAgreer, slicedAgreer } from '../../../client/driver/agreement.ts';
import { parseAddress } from '../../../client/transport/address.ts';
import { Download } from '../../../client/transport/download.ts';
import type { Agreer } from '../../../protocol/crypto/agreer.ts';
import { fromHex, toHex } from '../../../protocol/crypto/bytes.ts';
import { portablePrimitives } from '../../../protocol/crypto/portable.ts';
import { SecretBytes } from '../../../protocol/crypto/secret.ts';
import { createMaskVector } from '../../../protocol/kernels/index.ts';
import { numericDigests } from '../../numeric/support.ts';
import { recordTranscript } from '../../interop/support/record.ts';
import type { Transcript } from '../../interop/support/transcript.ts';
import { enter, type Order, type Told } from './enter.ts';
import { question, type Question, type Replied } from './question.ts';

declare global {
  interface Window {
    /** The test's ear, which it lends to the page. */
    tell: (told: Told) => Promise<void>;
    cairn: PageTools;
  }
}

/** Agreements of one key with others, all as hex; `refused` is the code of a refusal. */
export interface Agreed {
  readonly by: string;
  readonly shared: readonly string[];
  readonly refused?: string;
}

/** What {@link Window.cairn} offers to the tests. */
export interface PageTools {
  joinInWorker(order: Order): void;
  joinInPage(order: Order): void;
  leave(): void;
  transcript(): Transcript;
  numeric(): Record<string, string>;
  kernels(): { readonly masks: string; readonly training: string };
  agree(which: 'best' | 'portable', secretKey: string, peers: readonly string[]): Promise<Agreed>;
  /** Asks a model by private inference. */
  question(asked: Question): Promise<Replied>;
  /** Fetches a model as a client does. @returns its SHA-256 as hex */
  download(url: string, hash: string, limit: number): Promise<string>;
}

const agreerOf = async (which: 'best' | 'portable'): Promise<Agreer> =>
  which === 'best' ? browserAgreer() : slicedAgreer(portablePrimitives);

let worker: Worker | undefined;
let participation: Participation | undefined;

window.cairn = {
  joinInWorker(order) {
    worker = new Worker('/worker.js', { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Told>) => void window.tell(data);
    worker.postMessage(order);
  },
  joinInPage(order) {
    participation = enter(order, (told) => void window.tell(told));
  },
  leave() {
    worker?.postMessage('leave');
    void participation?.leave();
  },
  transcript: () => recordTranscript(portablePrimitives),
  async download(url, hash, limit) {
    const options = { path: `v1/models/${hash}`, limit, resumes: true, firstPauseMs: 1 };
    const bytes = await new Download(parseAddress(url), options).whole(new AbortController().signal);
    return toHex(portablePrimitives.sha256(bytes));
  },
  question,
  numeric: () => numericDigests(),
  kernels: () => ({ masks: createMaskVector(64).kernel, training: bestKernels() }),
  async agree(which, secretKey, peers) {
    const agreer = await agreerOf(which);
    const wanted = { secretKey: new SecretBytes(fromHex(secretKey)), peers: peers.map(fromHex) };
    try {
      const shared = await agreer.agree(wanted, new AbortController().signal);
      return { by: agreer.name, shared: shared.map((secret) => toHex(secret.expose())) };
    } catch (thrown) {
      return { by: agreer.name, shared: [], refused: (thrown as { readonly code: string }).code };
    }
  },
};
