import { createRequire } from 'node:module';

/** The package that holds all parts, then this part alone, where no other is installed. Both have one version. */
const HOLDERS = ['cairn-fl/package.json', '@cairn-fl/platform/package.json'];

/** The package's version. @throws what Node throws where neither package can be found */
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
