import { createRequire } from 'node:module';

/** The package's version. */
export function packageVersion(): string {
  const found = createRequire(import.meta.url)('cairn-fl/package.json') as { readonly version: string };
  return found.version;
}
