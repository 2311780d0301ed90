import { canonicalAddress, isLoopback } from '../protocol/wire/index.ts';

/** The coordinator's end of a connection, as the operating system reports it. */
export interface LocalEnd {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** What determines a coordinator's own addresses. */
export interface AddressesOptions {
  /** Addresses that the operator has configured; if there are any, no other is the coordinator's. */
  readonly publicUrls: readonly string[];
  /** Host that it listens on. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** A trailing dot marks a fully qualified name, which is otherwise the same. */
const withoutDot = (name: string): string => name.replace(/(?<=[^.])\.$/, '');

/**
 * A Host header's name, normalised as in URLs, and its port, '' if it has none; undefined if the header is malformed.
 */
function hostOf(header: string): { readonly name: string; readonly port: string } | undefined {
  const parts = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+)(?::(\d{0,5}))?$/i.exec(header);
  if (parts === null) return undefined;
  const [, name = '', port = ''] = parts;
  const url = `http://${name}/`;
  return URL.canParse(url)
    ? { name: withoutDot(new URL(url).hostname), port: port.replace(/^0+(?=\d)/, '') }
    : undefined;
}

/** Hosts that mean every address of the machine, none of which a client could type. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/**
 * The addresses by which clients may know this coordinator. A member signs the one that it was given, so that a server
 * at another address cannot relay its signature here. The request's Host header proves nothing: the relay writes it.
 */
export class Addresses {
  readonly #options: AddressesOptions;
  readonly #named: ReadonlySet<string>;

  constructor(options: AddressesOptions) {
    this.#options = options;
    this.#named = new Set(options.publicUrls.map(canonicalAddress));
  }

  /** Whether an address is one of the coordinator's, for a connection that arrived at `end`. */
  has(address: string, end: LocalEnd): boolean {
    return this.#named.size > 0 ? this.#named.has(address) : this.#own(end).includes(address);
  }

  /** Whether a web page of this origin is at one of those addresses, whatever the path. */
  hasPage(origin: string, end: LocalEnd): boolean {
    const addresses = this.#named.size > 0 ? [...this.#named] : this.#own(end);
    return addresses.some((address) => new URL(address).origin === origin);
  }

  /**
   * Whether a request is for this coordinator, by its Host header: a page whose own host name has been pointed at this
   * machine (DNS rebinding) has the same origin as the answer, and the browser lets it read everything, but the header
   * has that name. Accepted are the configured names and the address that the connection arrived at: health checks and
   * scrapers use the machine's own address, whatever its public name. The port may be missing, since proxies drop it;
   * if present, it must be right. Every browser sends the header, so that a request without it comes from a program.
   * @param host the header's value
   */
  hasHost(host: string | undefined, end: LocalEnd): boolean {
    if (host === undefined) return true;
    const asked = hostOf(host);
    if (asked === undefined) return false;
    return [...this.#named, ...this.#own(end)].some((address) => {
      const { hostname, port, protocol } = new URL(address);
      const own = port === '' ? DEFAULT_PORTS[protocol] : port;
      return withoutDot(hostname) === asked.name && (asked.port === '' || asked.port === own);
    });
  }

  /** Without configured addresses: the one that it listens on, and the one that the connection arrived at. */
  #own({ localAddress = '', localPort = 0 }: LocalEnd): string[] {
    const { host, scheme } = this.#options;
    // A dual-stack socket reports IPv4 addresses in this form.
    const local = localAddress.replace(/^::ffff:(?=\d+\.)/, '');
    const hosts = [local, host, ...(isLoopback(local) ? ['localhost'] : [])].filter((name) => !WILDCARDS.has(name));
    return hosts.map((name) =>
      canonicalAddress(`${scheme}://${name.includes(':') ? `[${name}]` : name}:${localPort}/`),
    );
  }
}
