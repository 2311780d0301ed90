#!/usr/bin/env bash
# TensorFlow.js 4.22.0 on its wasm backend runs a convolution and an embedding, and cannot train either: fit() ends in
# "Kernel 'Conv2DBackpropFilter' not registered for backend 'wasm'" (and UnsortedSegmentSum). A dense layer trains. So ask
# for the kernels before the first batch: tf.getKernelsForBackend(tf.getBackend()).
#
# Seen on Linux, x64, Node 20.20.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-save --ignore-scripts --prefix "$folder" \
  @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 > /dev/null
cat > "$folder/train.mjs" <<'JS'
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
const { resolve } = createRequire(import.meta.url);
setWasmPaths(`${dirname(resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm'))}/`);
await tf.setBackend('wasm');
const first = {
  dense: tf.layers.dense({ units: 2, inputShape: [6, 1] }),
  conv2d: tf.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [6, 6, 1] }),
  depthwiseConv2d: tf.layers.depthwiseConv2d({ kernelSize: 3, inputShape: [6, 6, 1] }),
  embedding: tf.layers.embedding({ inputDim: 5, outputDim: 2, inputLength: 3 }),
};
for (const [name, layer] of Object.entries(first)) {
  const model = tf.sequential({ layers: [layer, tf.layers.flatten(), tf.layers.dense({ units: 2 })] });
  const inputs = tf.zeros([4, ...model.inputs[0].shape.slice(1)]);
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
  const used = model.predict(inputs).shape.join('×');
  const said = await model.fit(inputs, tf.zeros([4, 2]), { verbose: 0 }).then(
    () => 'trained',
    (error) => error.message,
  );
  console.log(`${name}: used ${used}, ${said}`);
}
JS
seen=$(cd "$folder" && node train.mjs 2> /dev/null | grep -E ': used ')
echo "$seen"
expected="dense: used 4×2, trained
conv2d: used 4×2, Kernel 'Conv2DBackpropFilter' not registered for backend 'wasm'
depthwiseConv2d: used 4×2, Kernel 'DepthwiseConv2dNativeBackpropFilter' not registered for backend 'wasm'
embedding: used 4×2, Kernel 'UnsortedSegmentSum' not registered for backend 'wasm'"
[ "$seen" = "$expected" ] || { echo "expected $expected: this finding no longer holds" >&2; exit 1; }
