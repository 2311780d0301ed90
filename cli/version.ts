import { packageVersion } from '../platform/index.ts';

/**
 * What `cairn --version` prints: the version alone, and with `--verbose` also on what it runs and how node:crypto is
 * given its keys here, which is what a report of a fault on some release of Node needs to say.
 */
export async function versionText(args: readonly string[]): Promise<string> {
  const asked = args.some((arg) => arg === '--version' || arg === '-V');
  if (!asked || !args.includes('--verbose')) return packageVersion();
  const { nodeKeyImport } = await import('../protocol/crypto/node/index.ts');
  const { private: secrets, public: publics } = nodeKeyImport;
  return [
    packageVersion(),
    `node ${process.versions.node}, openssl ${process.versions.openssl}, ${process.platform} ${process.arch}`,
    `private keys: ${secrets}`,
    `public keys: ${publics}`,
  ].join('\n');
}
