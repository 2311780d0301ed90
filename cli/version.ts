import { packageVersion } from '../platform/index.ts';

/**
 * What `cairn --version` prints: only the version, and with `--verbose` also the runtime and how keys are passed to
 * node:crypto, which a bug report about some release of Node needs.
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
