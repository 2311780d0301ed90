/** What others took for one MNIST image on a local network. */
export interface Reported {
  readonly by: string;
  readonly network: 'A' | 'Chameleon';
  readonly activation: 'square' | 'relu';
  readonly offlineSeconds: number | null;
  readonly onlineSeconds: number | null;
  readonly totalSeconds: number;
  readonly megabytes: number | null;
}

/**
 * Figures from the papers, on machines of their time: an order of magnitude. The two general frameworks were built and run
 * on a machine like the one that Cairn is measured on; their dealer's work is not counted.
 */
export const REPORTED: readonly Reported[] = [
  reported('SecureML’s paper', 'A', 'square', [4.7, 0.18, 4.88], null),
  reported('MiniONN’s paper', 'A', 'square', [0.9, 0.14, 1.04], 15.8),
  reported('MP-SPDZ, dealer', 'A', 'relu', [null, 0.029, 0.029], 1.2),
  reported('CrypTen', 'A', 'relu', [null, 0.056, 0.056], null),
  reported('DeepSecure’s paper', 'Chameleon', 'relu', [null, null, 9.67], 791),
  reported('Chameleon’s paper', 'Chameleon', 'relu', [1.34, 1.36, 2.7], 12.9),
];

function reported(
  by: string,
  network: Reported['network'],
  activation: Reported['activation'],
  [offlineSeconds, onlineSeconds, totalSeconds]: readonly [number | null, number | null, number],
  megabytes: number | null,
): Reported {
  return { by, network, activation, offlineSeconds, onlineSeconds, totalSeconds, megabytes };
}

/** A row of the survey's table 1: what a system has. */
export type SurveyRow = {
  readonly system: string;
  readonly accuracy: string;
  readonly oneServer: string;
  readonly preprocessing: string;
  readonly batching: string;
  readonly depth: string;
  readonly fixedPoint: string;
  readonly nonLinear: string;
};

const COLUMNS = [
  'accuracy',
  'oneServer',
  'preprocessing',
  'batching',
  'depth',
  'fixedPoint',
  'nonLinear',
] as const satisfies readonly (keyof SurveyRow)[];

/** Table 1 of Riazi and Koushanfar (2018), as they mark the systems. */
export const SURVEY: readonly SurveyRow[] = [
  surveyed('CryptoNets', 'NYNYNNN'),
  surveyed('SecureML', 'NNNNYYY'),
  surveyed('DeepSecure', 'YYYNYYY'),
  surveyed('MiniONN', 'YYNNYYY'),
  surveyed('Chameleon', 'YNNNYYY'),
];

function surveyed(system: string, marks: string): SurveyRow {
  const words = COLUMNS.map((column, i) => [column, marks[i] === 'Y' ? 'yes' : 'no'] as const);
  return { system, ...Object.fromEntries(words) } as SurveyRow;
}
