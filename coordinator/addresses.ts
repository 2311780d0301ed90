import { canonicalAddress, isLoopback } from '../protocol/wire/index.ts';

/** The coordinator's end of a connection, as the system names it. */
export interface LocalEnd {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** By what a coordinator's own addresses are told. */
export interface AddressesOptions {
  /** Addresses that the operator has named; where there are some, no other is the coordinator's. */
  readonly publicUrls: readonly string[];
  /** Host that it listens on. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** A name that ends with a dot is the same, written out to the root. */
const withoutDot = (name: string): string => name.replace(/(?<=[^.])\.$/, '');

/** A Host header's name, in the way that URLs have it, and its port, '' where there is none; undefined for anything else. */
function hostOf(header: string): { readonly name: string; readonly port: string } | undefined {
  const parts = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+)(?::(\d{0,5}))?$/i.exec(header);
  if (parts === null) return undefined;
  const [, name = '', port = ''] = parts;
  const url = `http://${name}/`;
  return URL.canParse(url)
    ? { name: withoutDot(new URL(url).hostname), port: port.replace(/^0+(?=\d)/, '') }
    : undefined;
}

/** Hosts that mean every address of the machine, and none that a client could type. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/**
 * The addresses under which clients may know this coordinator. A member signs the one that it has typed, so that who
 * answers under another cannot pass its signature on to here. The request's Host header proves nothing: whoever passes
 * the signature on writes it.
 */
export class Addresses {
  readonly #options: AddressesOptions;
  readonly #named: ReadonlySet<string>;

  constructor(options: AddressesOptions) {
    this.#options = options;
    this.#named = new Set(options.publicUrls.map(canonicalAddress));
  }

  /** Whether an address is one of the coordinator's, for a connection that has come to `end`. */
  has(address: string, end: LocalEnd): boolean {
    return this.#named.size > 0 ? this.#named.has(address) : this.#own(end).includes(address);
  }

  /** Whether a web page of this origin lies at one of those addresses, whatever the path. */
  hasPage(origin: string, end: LocalEnd): boolean {
    const addresses = this.#named.size > 0 ? [...this.#named] : this.#own(end);
    return addresses.some((address) => new URL(address).origin === origin);
  }

  /**
   * Whether a request is for this coordinator, by its Host header: a page that has pointed a name of its own at this
   * machine (DNS rebinding) is of the same origin as the answer, and a browser shows it all, but the header has that name.
   * Taken are the names that the operator has given and, beside them, where the connection has come to: health checks and
   * scrapers ask at the machine's own address, whatever its name outside. A port may be left out, as proxies do; one that
   * is there must be right. Without the header, which every browser sends, the asker is a program.
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

  /** Without names from the operator: what it listens on, and where the connection has come to. */
  #own({ localAddress = '', localPort = 0 }: LocalEnd): string[] {
    const { host, scheme } = this.#options;
    // How a socket for both versions of IP names the older one.
    const local = localAddress.replace(/^::ffff:(?=\d+\.)/, '');
    const hosts = [local, host, ...(isLoopback(local) ? ['localhost'] : [])].filter((name) => !WILDCARDS.has(name));
    return hosts.map((name) =>
      canonicalAddress(`${scheme}://${name.includes(':') ? `[${name}]` : name}:${localPort}/`),
    );
  }
}
