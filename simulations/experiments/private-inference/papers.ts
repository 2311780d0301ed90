/** What the papers report for one MNIST image on their local networks. */
export interface Reported {
  readonly paper: string;
  readonly network: 'A' | 'Chameleon';
  readonly activation: 'square' | 'relu';
  readonly offlineSeconds: number | null;
  readonly onlineSeconds: number | null;
  readonly totalSeconds: number;
  readonly megabytes: number | null;
  readonly accuracy: number | null;
}

/** Figures from the papers, on other machines than ours and many years older: an order of magnitude. */
export const REPORTED: readonly Reported[] = [
  reported('SecureML', 'A', 'square', [4.7, 0.18, 4.88], null, 0.931),
  reported('MiniONN', 'A', 'square', [0.9, 0.14, 1.04], 15.8, 0.976),
  reported('DeepSecure', 'Chameleon', 'relu', [null, null, 9.67], 791, 0.9895),
  reported('Chameleon', 'Chameleon', 'relu', [1.34, 1.36, 2.7], 12.9, 0.99),
];

function reported(
  paper: string,
  network: Reported['network'],
  activation: Reported['activation'],
  [offlineSeconds, onlineSeconds, totalSeconds]: readonly [number | null, number | null, number],
  megabytes: number | null,
  accuracy: number | null,
): Reported {
  return { paper, network, activation, offlineSeconds, onlineSeconds, totalSeconds, megabytes, accuracy };
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
