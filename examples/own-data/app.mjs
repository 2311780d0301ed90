// The parts that all hospitals share: the meaning of the columns and the model. Each hospital has its own table.
import { engineApp, layers, loadCsv, sequential } from 'cairn-fl/client';
import { readFile } from 'node:fs/promises';

const columns = JSON.parse(await readFile(new URL('columns.json', import.meta.url), 'utf8'));
const features = Object.values(columns).filter(({ type }) => type === 'number').length;
const model = sequential([layers.dense(8), layers.relu(), layers.dense(2)], [features]);

export default engineApp(model, () => loadCsv(process.env.TABLE ?? 'hospital-1.csv', { columns }));
