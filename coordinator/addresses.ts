import { canonicalAddress, isLoopback } from '../protocol/wire/address.ts';

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
