/** A worked round: everything that happened in it, bytes as lower-case hex. It stands in test/vectors/transcript.json. */
export interface Transcript {
  readonly about: string;
  readonly authority: { readonly seed: string; readonly publicKey: string };
  readonly directory: {
    readonly serial: number;
    readonly issued: number;
    readonly notAfter: number;
    readonly bytes: string;
    readonly hash: string;
  };
  readonly model: {
    readonly bytes: string;
    readonly hash: string;
    readonly point: string;
    readonly newBytes: string;
    readonly newHash: string;
  };
  readonly settings: {
    readonly fields: Readonly<Record<string, string | number>>;
    readonly bytes: string;
    readonly hash: string;
    readonly terms: string;
  };
  readonly members: readonly TranscriptMember[];
  /** Every message, in the order of delivery. */
  readonly messages: readonly TranscriptMessage[];
  readonly session: {
    readonly leaves: readonly string[];
    readonly root: string;
    readonly sessionId: string;
    readonly degree: number;
    readonly threshold: number;
  };
  /** Each pair of members, by index. */
  readonly pairs: readonly TranscriptPair[];
  /** What each sealed entry holds, and what each member keeps for itself, by owner and holder. */
  readonly shares: readonly {
    readonly owner: number;
    readonly holder: number;
    readonly ofMaskKey: string;
    readonly ofSelfSeed: string;
  }[];
  readonly consistency: { readonly survivors: string; readonly signedBytes: string };
  /** The secrets that the coordinator rebuilt, by owner. */
  readonly rebuilt: readonly {
    readonly owner: number;
    readonly kind: 'selfSeed' | 'maskSecret';
    readonly holders: readonly number[];
    readonly secret: string;
  }[];
  /** Words modulo 2^modulusBits. */
  readonly sum: {
    readonly masked: readonly number[];
    readonly opened: readonly number[];
    readonly update: readonly number[];
    readonly examples: number;
    readonly loss: number;
    readonly accuracy: number;
  };
}

/** One member: its secrets, its data's result, and its input. */
export interface TranscriptMember {
  readonly index: number;
  readonly member: number;
  readonly name: string;
  /** Last second of its enrolment, and the tasks it is enrolled for; none means all. */
  readonly notAfter: number;
  readonly tasks: readonly string[];
  readonly randomKey: string;
  readonly identitySeed: string;
  readonly identityKey: string;
  readonly cipherSecret: string;
  readonly cipherKey: string;
  readonly maskSecret: string;
  readonly maskKey: string;
  readonly selfSeed: string;
  readonly seedCommitment: string;
  readonly selfMaskKey: string;
  readonly selfMask: readonly number[];
  readonly update: readonly number[];
  readonly examples: number;
  readonly loss: number;
  readonly accuracy: number;
  /** What it notes of its update, and the key of its rounding; empty for the member that dropped before. */
  readonly inputRecord: string;
  readonly roundingKey: string;
  /** The 32-bit words that decided its rounding; none for the member that dropped before. */
  readonly roundingWords: readonly number[];
  /** Its quantized vector before masking; empty for the member that dropped before. */
  readonly values: readonly number[];
}

/** One message. */
export interface TranscriptMessage {
  readonly from: number | 'coordinator';
  readonly to: number | 'coordinator';
  readonly name: string;
  readonly bytes: string;
}

/** What two members have in common. `low` and `high` are indices. */
export interface TranscriptPair {
  readonly low: number;
  readonly high: number;
  readonly cipherShared: string;
  readonly sealKeyLowToHigh: string;
  readonly sealKeyHighToLow: string;
  readonly maskShared: string;
  readonly pairMaskKey: string;
  readonly pairMask: readonly number[];
}
