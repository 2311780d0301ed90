import { createRequire } from 'node:module';

/** The package with all parts, then this part alone, if only it is installed. Both have the same version. */
const HOLDERS = ['cairn-fl/package.json', '@cairn-fl/platform/package.json'];

/** The package's version. @throws what Node throws if neither package can be found */
export function packageVersion(): string {
  const require = createRequire(import.meta.url);
  let missing: unknown;
  for (const name of HOLDERS) {
    try {
      return (require(name) as { readonly version: string }).version;
    } catch (thrown) {
      missing = thrown;
    }
  }
  throw missing;
}
