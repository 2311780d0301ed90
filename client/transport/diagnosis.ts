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

/** The result of a GET of the API's root. */
type Found =
  | { readonly kind: 'coordinator' }
  | { readonly kind: 'page' | 'other'; readonly status: number }
  | { readonly kind: 'none'; readonly code: string; readonly why: string };

/** Milliseconds for one probe, and bytes that are read of the answer. */
const PROBE_MS = 3000;
const PROBE_BYTES = 65_536;

/** Codes of Node that mean a TLS handshake got as far as the certificate. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME/;

/** Codes of Node that mean there is no server to ask. */
const NO_SERVER: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

const OF_PROXIES =
  'a proxy or firewall on the way must let websockets through: HTTP/1.1 with the headers Upgrade and Connection, and a ' +
  'read timeout above 30 s; see "Behind a reverse proxy" in docs/deployment.md';

const UNTRUSTED =
  'for a self-signed certificate, or one of your own authority, set NODE_EXTRA_CA_CERTS to the PEM file of its root ' +
  'and join again; one that has expired, or is for another name, must be replaced by its operator';

const PORTAL =
  'check the address and its path, and open it in a browser: a network that asks for a login first, or a proxy, may answer ' +
  'in the coordinator’s place';

/**
 * Finds out why a client cannot reach its coordinator, after a websocket has failed: by requesting the page that every
 * coordinator has, and if there is no answer, the same over the other scheme. Only what is shown to the user depends on
 * it: no answer is believed unless it came over the address's own scheme, and nothing is sent but the request.
 * @param reason why the websocket failed, as far as it is known
 * @returns undefined if that reason says as much; never rejects
 */
export async function diagnose(address: Address, reason: string, signal: AbortSignal): Promise<Diagnosis | undefined> {
  const own = await probe(apiUrl(address, 'v1'), signal);
  if (own.kind === 'coordinator') {
    const cause = `the coordinator’s page answers, but the websocket does not get through (${reason})`;
    return { cause, hint: OF_PROXIES, final: false };
  }
  if (own.kind === 'none' && NO_SERVER.has(own.code)) return undefined;
  if (own.kind === 'none' && CERTIFICATE.test(own.code)) return untrustedCertificate(own.why);
  const isTls = address.origin.startsWith('https:');
  // Some servers say in plain text, with status 400, that their port speaks TLS.
  if (own.kind === 'none' || (!isTls && own.status === 400)) {
    const found = isTls ? await plainInstead(address, signal) : await tlsInstead(address, signal);
    if (found !== undefined || own.kind === 'none') return found;
  }
  return elsewhere(own);
}

/** For a server that answers with an untrusted certificate: trying again does not change it. */
function untrustedCertificate(why: string): Diagnosis {
  return { cause: `a server answers there, but its certificate is not trusted: ${why}`, hint: UNTRUSTED, final: true };
}

async function plainInstead(address: Address, signal: AbortSignal): Promise<Diagnosis | undefined> {
  const other = otherScheme(address);
  const found = await probe(apiUrl(other, 'v1'), signal);
  if (found.kind === 'none' || (found.kind !== 'coordinator' && found.status === 400)) return undefined;
  return {
    cause: 'this port speaks plain HTTP, not TLS',
    hint:
      `if the network in between is trusted, join at ${other.text}; otherwise the coordinator needs --tls-cert and ` +
      '--tls-key, or join at the address of the proxy that speaks TLS for it',
    final: found.kind === 'coordinator',
  };
}

async function tlsInstead(address: Address, signal: AbortSignal): Promise<Diagnosis | undefined> {
  const other = otherScheme(address);
  const found = await probe(apiUrl(other, 'v1'), signal);
  const untrusted = found.kind === 'none' && CERTIFICATE.test(found.code);
  if (found.kind === 'none' && !untrusted) return undefined;
  return {
    cause: `this port speaks TLS, not plain HTTP${untrusted ? ` (its certificate: ${found.why})` : ''}`,
    hint: untrusted
      ? `join at ${other.text}, with the root of its certificate in NODE_EXTRA_CA_CERTS if it is from your own authority`
      : `join at ${other.text}`,
    final: untrusted || found.kind === 'coordinator',
  };
}

/** For an answer that is not a coordinator's. */
function elsewhere({ kind, status }: Exclude<Found, { kind: 'none' | 'coordinator' }>): Diagnosis | undefined {
  // The coordinator's own answer: it is too busy, or has another address; the websocket's failure says so.
  if (status === 429 || status === 421) return undefined;
  if (status === 407 || status === 511) {
    return { cause: `the network asks for a login first (status ${status})`, hint: PORTAL, final: false };
  }
  if (status >= 500) {
    const cause = `a server answers with status ${status}: a proxy that cannot reach its coordinator`;
    return { cause, hint: 'check that the coordinator is running, and which port the proxy forwards to', final: false };
  }
  const what = kind === 'page' ? 'a web page' : `another server (status ${status} to GET v1)`;
  return { cause: `${what} answers there, not a Cairn coordinator`, hint: PORTAL, final: false };
}

/** The same host and port over the other scheme. */
function otherScheme({ origin, base }: Address): Address {
  const { protocol, host, port } = new URL(origin);
  const isTls = protocol === 'https:';
  const other = `${isTls ? 'http' : 'https'}://${host}${port === '' ? (isTls ? ':443' : ':80') : ''}`;
  return { text: base === '/' ? other : other + base, origin: other, base };
}

async function probe(url: string, signal: AbortSignal): Promise<Found> {
  const ends = new AbortController();
  const timer = setTimeout(() => ends.abort(new Error(`no answer within ${PROBE_MS} ms`)), PROBE_MS);
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
    // A redirect comes from a portal, or from a server that has moved.
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
  for (let length = 0; length < PROBE_BYTES;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) break;
    length += chunk.value.length;
    text += decoder.decode(chunk.value, { stream: true });
  }
  return text;
}
