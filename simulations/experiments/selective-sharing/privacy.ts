/** What the sparse vector technique is run with, for one upload of one participant. */
export interface SparseVectorSettings {
  /** Privacy budget ε of the whole upload. */
  readonly epsilon: number;
  /** Greatest number c of parameters that it answers. */
  readonly count: number;
  /** Threshold τ that the size of a change has to reach, both with noise. */
  readonly tau: number;
  /** Bound γ of a change: one participant's data can move a bounded change by 2γ at most, the sensitivity. */
  readonly gamma: number;
}

/** Scales of the three Laplace noises. */
export interface NoiseScales {
  readonly threshold: number;
  readonly query: number;
  readonly answer: number;
}

// Dwork and Roth 2014, algorithm 3 (NumericSparse), pure case: the shares add up to 10/9 because the answers, whose
// scale is 2cΔ/ε2, cost half of ε2.
const DECIDING = 8 / 9;
const ANSWERING = 2 / 9;

/**
 * The noise of Shokri and Shmatikov's selective sharing. With Δ = 2γ, ε1 = 8/9 ε, ε2 = 2/9 ε and σ(x) = 2cΔ/x:
 * threshold σ(ε1), query 2σ(ε1), answer σ(ε2).
 */
export function noiseScales({ epsilon, count, gamma }: SparseVectorSettings): NoiseScales {
  const sigma = (x: number): number => (2 * count * sensitivity(gamma)) / x;
  return {
    threshold: sigma(DECIDING * epsilon),
    query: 2 * sigma(DECIDING * epsilon),
    answer: sigma(ANSWERING * epsilon),
  };
}

function sensitivity(gamma: number): number {
  return 2 * gamma;
}

/** What differential privacy costs, by basic composition. */
export interface PrivacyLoss {
  /** ε for each parameter that is uploaded: the number that the paper's figure has on its axis. */
  readonly perParameter: number;
  /** ε of one upload, c parameters: what a participant gives away in an epoch. */
  readonly perEpoch: number;
  /** ε of all epochs: what a participant gives away in the whole training. */
  readonly total: number;
}

/**
 * The loss that follows from the scales of the noise that is drawn, not from the ε they were made for: each answer
 * spends one draw of the threshold (Δ / scale), one decision (2Δ / scale, since threshold and query may both move) and
 * one noisy value (Δ / scale). Parameters that are asked for and stay below the threshold are free.
 */
export function privacyLoss(settings: SparseVectorSettings, epochs: number): PrivacyLoss {
  const { threshold, query, answer } = noiseScales(settings);
  const delta = sensitivity(settings.gamma);
  const perParameter = delta / threshold + (2 * delta) / query + delta / answer;
  const perEpoch = perParameter * settings.count;
  return { perParameter, perEpoch, total: perEpoch * epochs };
}
