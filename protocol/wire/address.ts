/**
 * An address as clients sign it: scheme, host, port if it is not the scheme's default, and path with a trailing slash.
 */
export function canonicalAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.endsWith('/') ? pathname : `${pathname}/`}`;
}

/** Whether a host is this machine itself, on any network: its traffic never leaves it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
