#!/usr/bin/env bash
# On TensorFlow.js's wasm backend, 4.22.0, clipping turns NaN into a number, and max pooling over a window that begins
# with NaN gives −Infinity; on the cpu backend of the same release clipping keeps NaN and the pool is 3. The sum of 2^25
# ones is 2^24 on wasm. So a broken example may train to a sound-looking model: look at data and results before and after
# the library.
#
# IEEE 754 says of neither what a pool does with NaN; that two backends of one release answer otherwise is the finding.
# Seen on Linux, x64, Node 20.20.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-save --ignore-scripts --prefix "$folder" \
  @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 > /dev/null
cat > "$folder/look.mjs" <<'JS'
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
const { resolve } = createRequire(import.meta.url);
setWasmPaths(`${dirname(resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm'))}/`);
for (const backend of ['cpu', 'wasm']) {
  await tf.setBackend(backend);
  const [clipped] = await tf.clipByValue(tf.tensor1d([NaN]), 0, 2).data();
  const [pooled] = await tf.maxPool(tf.tensor4d([NaN, 1, 2, 3], [1, 2, 2, 1]), 2, 2, 'valid').data();
  const [sum] = await tf.sum(tf.ones([2 ** 25])).data();
  console.log(`${backend} clip ${clipped} pool ${pooled} sum ${sum}`);
}
JS
seen=$(cd "$folder" && node look.mjs 2> /dev/null | grep -E '^(cpu|wasm) ')
echo "$seen"
expected='cpu clip NaN pool 3 sum 33554432
wasm clip 0 pool -Infinity sum 16777216'
[ "$seen" = "$expected" ] || { echo "expected $expected: this finding no longer holds" >&2; exit 1; }
