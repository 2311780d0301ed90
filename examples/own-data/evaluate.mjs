// Evaluates a trained model on a table: TABLE=hospital-1.csv node evaluate.mjs model.safetensors
import { decodeSafetensors } from 'cairn-fl/protocol';
import { readFile } from 'node:fs/promises';
import app from './app.mjs';

const { tensors } = decodeSafetensors(new Uint8Array(await readFile(process.argv[2] ?? 'model.safetensors')));
const { examples, loss, accuracy } = await app.evaluate(tensors, await app.data());
console.log(`accuracy ${accuracy.toFixed(3)}, loss ${loss.toFixed(3)} over ${examples} rows`);
