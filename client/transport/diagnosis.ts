import { apiUrl } from './address.ts';
import { causeOf } from './http.ts';
import type { Address } from './transport.ts';

/** Why a coordinator cannot be joined, and the hint. */
export interface Diagnosis {
  readonly cause: string;
  readonly hint: string;
  /** Whether waiting does not help. */
  readonly final: boolean;
}

/** What a GET of the API's root has come to. */
type Found =
  | { readonly kind: 'coordinator' }
  | { readonly kind: 'page' | 'other'; readonly status: number }
  | { readonly kind: 'none'; readonly code: string; readonly why: string };

/** Milliseconds for one look, and bytes that are read of what comes. */
const LOOK_MS = 3000;
const LOOK_BYTES = 65_536;

/** Codes of Node by which a TLS handshake came as far as the certificate. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME/;

/** Codes of Node by which there is nobody to ask. */
const NOBODY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

const OF_PROXIES =
  'a proxy or firewall on the way has to pass websockets on: HTTP/1.1 with the headers Upgrade and Connection, and a ' +
  'read timeout above 30 s; see "Behind a reverse proxy" in docs/deployment.md';

const UNTRUSTED =
  'for a certificate of your own authority, or one that signs itself, set NODE_EXTRA_CA_CERTS to the PEM file of its root ' +
  'and join again; one that has expired, or that is for another name, is for its operator to replace';

const PORTAL =
  'check the address and its path, and open it in a browser: a network that asks for a login first, or a proxy, may answer ' +
  'in the coordinator’s place';

/**
 * Finds out what stands between a client and its coordinator, after a websocket has failed: by asking for the page that
 * every coordinator has, and where there is no answer, for the same over the other scheme. Only what is shown to the user
 * follows from it: nothing is believed that was not asked for over the address's own scheme, and nothing is sent but the
 * request.
 * @param reason why the websocket failed, as far as it is known
 * @returns undefined where that says as much; never rejects
 */
export async function diagnose(address: Address, reason: string, signal: AbortSignal): Promise<Diagnosis | undefined> {
  const own = await look(apiUrl(address, 'v1'), signal);
  if (own.kind === 'coordinator') {
    const cause = `the coordinator’s page answers, but the websocket does not get through (${reason})`;
    return { cause, hint: OF_PROXIES, final: false };
  }
  if (own.kind === 'none' && NOBODY.has(own.code)) return undefined;
  if (own.kind === 'none' && CERTIFICATE.test(own.code)) return untrustedCertificate(own.why);
  const isTls = address.origin.startsWith('https:');
  // Some servers say in plain words, with status 400, that their port speaks TLS.
  if (own.kind === 'none' || (!isTls && own.status === 400)) {
    const found = isTls ? await plainInstead(address, signal) : await tlsInstead(address, signal);
    if (found !== undefined || own.kind === 'none') return found;
  }
  return elsewhere(own);
}

/** Of a server that answers, with a certificate that is not believed: trying again does not change it. */
function untrustedCertificate(why: string): Diagnosis {
  return { cause: `a server answers there, but its certificate is not trusted: ${why}`, hint: UNTRUSTED, final: true };
}

async function plainInstead(address: Address, signal: AbortSignal): Promise<Diagnosis | undefined> {
  const other = otherScheme(address);
  const found = await look(apiUrl(other, 'v1'), signal);
  if (found.kind === 'none' || (found.kind !== 'coordinator' && found.status === 400)) return undefined;
  return {
    cause: 'this port speaks plain HTTP, and no TLS',
    hint:
      `where nobody can listen on the way, join at ${other.text}; otherwise the coordinator needs --tls-cert and ` +
      '--tls-key, or join at the address of the proxy that speaks TLS for it',
    final: found.kind === 'coordinator',
  };
}

async function tlsInstead(address: Address, signal: AbortSignal): Promise<Diagnosis | undefined> {
  const other = otherScheme(address);
  const found = await look(apiUrl(other, 'v1'), signal);
  const untrusted = found.kind === 'none' && CERTIFICATE.test(found.code);
  if (found.kind === 'none' && !untrusted) return undefined;
  return {
    cause: `this port speaks TLS, and no plain HTTP${untrusted ? ` (its certificate: ${found.why})` : ''}`,
    hint: untrusted
      ? `join at ${other.text}, with the root of its certificate in NODE_EXTRA_CA_CERTS if it is of an authority of your own`
      : `join at ${other.text}`,
    final: untrusted || found.kind === 'coordinator',
  };
}

/** Of an answer that is no coordinator's. */
function elsewhere({ kind, status }: Exclude<Found, { kind: 'none' | 'coordinator' }>): Diagnosis | undefined {
  // The coordinator's own: it is too busy, or goes by another address; what the websocket came to says so.
  if (status === 429 || status === 421) return undefined;
  if (status === 407 || status === 511) {
    return { cause: `the network asks for a login first (status ${status})`, hint: PORTAL, final: false };
  }
  if (status >= 500) {
    const cause = `a server answers with status ${status}: a proxy that does not reach its coordinator`;
    return { cause, hint: 'check that the coordinator runs, and at which port the proxy looks for it', final: false };
  }
  const what = kind === 'page' ? 'a web page' : `another server (status ${status} to GET v1)`;
  return { cause: `${what} answers there, and no Cairn coordinator`, hint: PORTAL, final: false };
}

/** The same host and port over the other scheme. */
function otherScheme({ origin, base }: Address): Address {
  const { protocol, host, port } = new URL(origin);
  const isTls = protocol === 'https:';
  const other = `${isTls ? 'http' : 'https'}://${host}${port === '' ? (isTls ? ':443' : ':80') : ''}`;
  return { text: base === '/' ? other : other + base, origin: other, base };
}

async function look(url: string, signal: AbortSignal): Promise<Found> {
  const ends = new AbortController();
  const timer = setTimeout(() => ends.abort(new Error(`no answer within ${LOOK_MS} ms`)), LOOK_MS);
  const stop = (): void => ends.abort();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const response = await fetch(url, {
      redirect: 'manual',
      signal: ends.signal,
      headers: { accept: 'application/json' },
    });
    const { status, headers } = response;
    // A redirect is a portal's, or of a server that lives elsewhere.
    if (response.type === 'opaqueredirect') return { kind: 'page', status: 302 };
    if (response.ok && isCoordinator(await someOf(response))) return { kind: 'coordinator' };
    const isPage = status < 400 && (status >= 300 || /^text\/html/i.test(headers.get('content-type') ?? ''));
    return { kind: isPage ? 'page' : 'other', status };
  } catch (thrown) {
    const { cause } = thrown as { readonly cause?: unknown };
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
    return { kind: 'none', code, why: causeOf(thrown) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    ends.abort();
  }
}

function isCoordinator(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'name' in value && value.name === 'cairn';
  } catch {
    return false;
  }
}

/** The beginning of a body, as text. */
async function someOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let length = 0; length < LOOK_BYTES;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) break;
    length += chunk.value.length;
    text += decoder.decode(chunk.value, { stream: true });
  }
  return text;
}
