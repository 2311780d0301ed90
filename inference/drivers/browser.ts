import { CairnError } from '../../protocol/errors.ts';
import { Channel } from './channel.ts';

/** How a page connects. */
export interface DialOptions {
  /** Milliseconds until the attempt counts as failed. */
  readonly timeoutMs: number;
  /** Aborting it ends the attempt. */
  readonly signal: AbortSignal;
}

/** What this side's going away is called. */
export const LEFT = 'this side has ended the session';

/**
 * Connects to a WebSocket by the browser's own. A page is never told why a connection failed: neither the status of an
 * answer nor whether a certificate was refused.
 * @param url ws: or wss:
 * @throws CairnError `peer-unreachable`; `session-closed` if the signal aborts it
 */
export function dialInBrowser(url: string, { timeoutMs, signal }: DialOptions): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const unreachable = (why: string, details: { readonly hint?: string; readonly cause?: unknown } = {}): CairnError =>
      new CairnError('peer-unreachable', `${url} cannot be reached: ${why}`, details);
    if (signal.aborted) {
      reject(new CairnError('session-closed', LEFT));
      return;
    }
    let socket: WebSocket;
    try {
      socket = new WebSocket(url);
    } catch (cause) {
      // A page that came over TLS may not connect without it, except to this machine.
      reject(unreachable('the browser does not allow it', { cause, hint: 'a page on https can reach wss only' }));
      return;
    }
    const giveUp = (error: CairnError): void => {
      settle();
      socket.close();
      reject(error);
    };
    const timer = setTimeout(() => giveUp(unreachable(`it has not answered for ${timeoutMs / 1000} s`)), timeoutMs);
    const onAbort = (): void => giveUp(new CairnError('session-closed', LEFT));
    const onOpen = (): void => {
      settle();
      resolve(new Channel(socket as unknown as ConstructorParameters<typeof Channel>[0]));
    };
    const onError = (): void =>
      giveUp(
        unreachable('the browser does not say why', {
          hint: 'check the address and the certificate, that the server runs, and that the page’s connect-src allows it',
        }),
      );
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeEventListener('open', onOpen);
      socket.removeEventListener('error', onError);
    };
    signal.addEventListener('abort', onAbort);
    socket.addEventListener('open', onOpen);
    socket.addEventListener('error', onError);
  });
}
