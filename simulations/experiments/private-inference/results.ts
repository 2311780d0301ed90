import type { Results } from '../../laboratory/experiment.ts';
import { type JsonObject, Series } from '../../laboratory/series.ts';
import type { PrivateInferenceSettings } from './settings.ts';

/** A trained network in the fixed point of a system, both in the clear. */
export type FixedRow = {
  readonly network: string;
  readonly activation: string;
  readonly system: string;
  /** The ring. */
  readonly bits: number;
  /** Bits after the point. */
  readonly fraction: number;
  /** `proven` for every input, or `calibrated` for inputs like the training images. */
  readonly bounds: string;
  readonly images: number;
  /** Of the network on floats, and in fixed point. */
  readonly accuracyFloats: number;
  readonly accuracyFixed: number;
  /** Images whose class differs between the two. */
  readonly changed: number;
};

/** One row for each network and system. */
export const fixedRows = new Series<FixedRow>('fixed-point');

/** What a batch took, between two processes: medians over runs. */
export type RunRow = {
  readonly system: string;
  readonly network: string;
  readonly activation: string;
  readonly batch: number;
  /** 0 and null: loopback as it is. */
  readonly roundTripMs: number;
  readonly megabytesPerSecond: number | null;
  readonly runs: number;
  /** Once for a connection. */
  readonly setupSeconds: number;
  readonly setupMegabytes: number;
  readonly offlineSeconds: number;
  readonly onlineSeconds: number;
  /** From and to who asks, in Chameleon; with SecureML from and to server a. */
  readonly offlineUpMegabytes: number;
  readonly offlineDownMegabytes: number;
  readonly onlineUpMegabytes: number;
  readonly onlineDownMegabytes: number;
  /** From the dealer to both sides. */
  readonly dealtMegabytes: number;
  /** All of these together, but not the setup. */
  readonly megabytes: number;
  /** Times that this side sent after it had received: each takes from half a round-trip time to a whole one. */
  readonly offlineRoundTrips: number;
  readonly roundTrips: number;
  /** Images answered, and the shares whose class is that of the fixed point in the clear, and that on floats. */
  readonly images: number;
  readonly agreement: number;
  readonly agreementFloats: number;
  /** Of the larger process. */
  readonly peakMegabytes: number;
};

/** One row for each system, network, line and batch. */
export const runRows = new Series<RunRow>('runs', 'timings');

/** The results of a run. */
export type PrivateInferenceResults = Results<PrivateInferenceSettings>;

/** What summary.json holds. */
export function summarise(results: PrivateInferenceResults): JsonObject {
  return { networks: results.rows(fixedRows).map((row) => ({ ...row })) };
}

/** What timings.json holds: each row with the accuracy of its network in its system's fixed point. */
export function measure(results: PrivateInferenceResults): JsonObject {
  const fixed = results.rows(fixedRows);
  return {
    systems: results.rows(runRows).map((row) => ({
      ...row,
      accuracy:
        fixed.find(
          ({ system, network, activation }) =>
            system === row.system && network === row.network && activation === row.activation,
        )?.accuracyFixed ?? null,
    })),
  };
}
