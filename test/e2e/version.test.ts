import { describe, expect, it } from 'vitest';
import { nodeKeyImport } from '../../protocol/crypto/node/native.ts';
import { packageVersion } from '../../platform/index.ts';
import { cairnOnce } from './support/running.ts';

describe('cairn --version', () => {
  it('prints the version alone', async () => {
    for (const flag of ['--version', '-V'])
      expect(await cairnOnce([flag])).toMatchObject({ code: 0, stdout: [packageVersion()], stderr: [] });
  });

  it('prints with --verbose what the program runs on, and how keys are imported there', async () => {
    const expected = [
      packageVersion(),
      `node ${process.versions.node}, openssl ${process.versions.openssl}, ${process.platform} ${process.arch}`,
      `private keys: ${nodeKeyImport.private}`,
      `public keys: ${nodeKeyImport.public}`,
    ];
    for (const args of [
      ['--version', '--verbose'],
      ['--verbose', '-V'],
    ])
      expect(await cairnOnce(args)).toMatchObject({ code: 0, stdout: expected, stderr: [] });
  });
});
