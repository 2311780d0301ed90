/** What other parts may import from simulations/laboratory/. */
export { machine } from './conclude.ts';
export type { Experiment } from './experiment.ts';
export { newFolder } from './claim.ts';
export type { Progress } from './run-config.ts';
export { readConfig, shellWord } from './run-config.ts';
export { runExperiment } from './run.ts';
export { type Preset, readSettings } from './settings.ts';
export type { Json, JsonObject } from '../report/rows.ts';
