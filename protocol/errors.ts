import { printable } from './printable.ts';

/**
 * The one error tree of Cairn. Every failure that a user, a peer or a test may see is a {@link CairnError} with a code
 * from {@link ERROR_CODES}. Codes are stable: they travel on the wire, appear in logs and in `cairn explain CODE`, and
 * are never reused for another meaning.
 */

/** What a code means, what to do about it, and how a command that ends with it exits. */
export interface ErrorCodeInfo {
  /** What went wrong, in general: one clause, without the particulars of a case. */
  readonly meaning: string;
  /** The hint: what the reader should do next. */
  readonly hint: string;
  /** Exit code of a command that ends with this error: 1 failed, 2 usage, 3 configuration, 4 too few clients, 5 protocol abort. */
  readonly exit: 1 | 2 | 3 | 4 | 5;
}

const protocolAbort = (meaning: string, hint: string): ErrorCodeInfo => ({ meaning, hint, exit: 5 });
const configuration = (meaning: string, hint: string): ErrorCodeInfo => ({ meaning, hint, exit: 3 });
const tooFew = (meaning: string, hint: string): ErrorCodeInfo => ({ meaning, hint, exit: 4 });
const failure = (meaning: string, hint: string): ErrorCodeInfo => ({ meaning, hint, exit: 1 });
const usage = (meaning: string, hint: string): ErrorCodeInfo => ({ meaning, hint, exit: 2 });

/** Every error code with its meaning, its hint and its exit code. */
export const ERROR_CODES = {
  // wire: errors of decoders
  'wire-truncated': protocolAbort(
    'a message ends before its last field',
    'the peer or something in between cut it off; it is safe to send it again',
  ),
  'wire-trailing': protocolAbort(
    'bytes follow a message after its last field',
    'check that both sides run the same version of Cairn',
  ),
  'wire-bounds': protocolAbort(
    'a length or number is outside what the protocol allows',
    'check the task settings of both sides',
  ),
  'wire-not-canonical': protocolAbort(
    'a value is not in its canonical encoding',
    'the peer does not encode as docs/protocol.md says',
  ),
  'wire-type': protocolAbort(
    'a message of an unknown or unexpected type',
    'check that both sides run the same version of Cairn',
  ),
  'wire-version': protocolAbort(
    'the peer speaks another protocol version',
    'install the same major version of cairn-fl on both sides',
  ),
  'wire-suite': protocolAbort(
    'the peer uses another cryptographic suite',
    'install the same major version of cairn-fl on both sides',
  ),

  // sessions: refusals on either side that leave the state unchanged
  'wrong-state': protocolAbort(
    'a message arrived in a state that does not accept it',
    'nothing was changed; a late or repeated message is harmless',
  ),
  'session-mismatch': protocolAbort(
    'a message belongs to another round or session',
    'it was ignored; a replay never counts',
  ),
  'session-closed': protocolAbort('the session has ended', 'wait for the next round'),
  'upload-interrupted': protocolAbort(
    'a part of a long message continues no upload, or arrived too late',
    'the client starts again from the first part',
  ),

  // refusals of the client: it stops, wipes its secrets and sends nothing more
  'too-few-members': tooFew(
    'fewer members than the threshold remain',
    'wait for more members to join, or lower the task’s colluding or dropout share',
  ),
  'cohort-too-small': tooFew(
    'the cohort is smaller than the client’s own policy requires',
    'wait for more members, or lower minCohort in the client’s policy',
  ),
  'threshold-unsound': configuration(
    'the threshold is too low for the adversary class',
    'omit threshold, so that it is derived from the cohort’s size',
  ),
  'adversary-too-weak': configuration(
    'the round protects against a weaker adversary than the client accepts',
    'run the task with adversary "active", or start the client with a policy that accepts "curious"',
  ),
  'scheme-unknown': configuration(
    'the round’s scheme is not one that this side was given',
    'run the round with a scheme that both sides support; by default that is secagg alone',
  ),
  'policy-task': configuration(
    'the client’s policy does not name the round’s task',
    'name the task under tasks in the client’s policy, or invite the client to the tasks that are listed there',
  ),
  'policy-threshold': configuration(
    'fewer shares open a secret than the client’s policy requires',
    'invite more members, raise the task’s threshold, or lower minThreshold in the client’s policy',
  ),
  'policy-rounds-per-day': protocolAbort(
    'the client has taken part in as many rounds as its policy allows per day',
    'it takes part again when the oldest of them is a day old; or raise maxRoundsPerDay in its policy',
  ),
  'policy-noise': configuration(
    'the round adds less noise than the client’s policy requires, or adds it where the coordinator could leave it out',
    'raise the noise in the task’s privacy settings, or lower minNoise in the client’s policy',
  ),
  'cohort-too-similar': protocolAbort(
    'a sum of other members than the one that the client signed from the same model, or of nearly the same members from another',
    'the round is run again with exactly the same members, or with members that signed none; no share was revealed',
  ),
  'round-superseded': protocolAbort(
    'the client has moved on to another round from the same model',
    'run one client for each identity, and one round at a time from each model',
  ),
  'input-changed': protocolAbort(
    'the client has sent another input from the same model, or the same one under other terms',
    'nothing was sent; it takes part again from the next model, or when the coordinator asks it to retrain',
  ),
  'repeat-refused': protocolAbort(
    'members are asked to retrain from one model more often than the client’s policy allows, or to go back',
    'it takes part again from the next model; or raise maxRepeats in its policy',
  ),
  'rebase-refused': protocolAbort(
    'the coordinator has moved the model, instead of training it, more often per day than the client’s policy allows',
    'it takes part again when the oldest of these is a day old; or raise maxRebases in its policy',
  ),
  'memory-lost': configuration(
    'the client’s memory of its rounds is lost: it cannot tell what it sent before from what it would send now',
    'put the same file back beside the identity file, never an older copy; if it is lost for good, join once with --accept-lost-memory',
  ),
  'round-replayed': protocolAbort(
    'an invitation repeats the settings of an earlier round',
    'the coordinator must draw a fresh nonce for each round',
  ),
  'key-duplicate': protocolAbort(
    'two members of the roster have a key in common, or a key is reflected',
    'a key was reused; this client left the round before it sent anything',
  ),
  'own-key-altered': protocolAbort(
    'the roster lacks the client’s own keys, or shows other ones',
    'the coordinator or something in between replaces keys; this client left the round',
  ),
  'key-invalid': protocolAbort(
    'a public key is of low order or malformed',
    'the member that sent it must draw a new key',
  ),
  'identity-unknown': protocolAbort(
    'a member is not in the signed member directory',
    'have the authority add the member, and publish the directory',
  ),
  'identity-expired': protocolAbort(
    'a member’s enrolment has expired',
    'have the authority renew it (cairn enrol renew), and publish the directory',
  ),
  'identity-not-allowed': protocolAbort(
    'a member is not enrolled for the task',
    'have the authority enrol it for this task, or join another task with --task',
  ),
  'identity-signature': protocolAbort(
    'a signature by a member’s identity key does not verify',
    'the sender impersonates a member; the message was refused',
  ),
  'directory-signature': configuration(
    'the member directory is not signed by the pinned authority',
    'check the authority key that this client pins',
  ),
  'directory-mismatch': configuration(
    'the member directory is not the one named in the round’s settings',
    'fetch the directory again; if the error persists, ask the coordinator’s operator',
  ),
  'directory-expired': configuration(
    'the member directory has expired',
    'have the authority renew it (cairn enrol renew), and publish it; check this machine’s clock',
  ),
  'directory-rolled-back': protocolAbort(
    'the member directory is older than one that this client has seen',
    'the coordinator must serve the authority’s newest directory; an older one may name members that were revoked',
  ),
  'roster-proof': protocolAbort(
    'a member’s place in the roster is not proven under the roster’s root',
    'the coordinator shows different rosters; this client left the round',
  ),
  'roster-not-neighbours': protocolAbort(
    'the members shown are not the neighbours derived from the joint randomness',
    'the coordinator chose the graph; this client left the round',
  ),
  'roster-order': protocolAbort(
    'members are repeated, unsorted or unknown',
    'the coordinator’s list is malformed; this client left the round',
  ),
  'set-grew': protocolAbort(
    'a later member set is not contained in an earlier one',
    'the coordinator’s list is malformed; this client left the round',
  ),
  'self-missing': protocolAbort(
    'the client itself is missing from a set it belongs to',
    'the coordinator dropped this client; it takes part in the next round',
  ),
  'share-undecryptable': protocolAbort(
    'a sealed share does not open, or has the wrong sender or recipient',
    'the named member or the coordinator altered it; this client left the round',
  ),
  'consistency-split': protocolAbort(
    'a member signed another survivor set than this client did',
    'the coordinator shows different sets to different clients; no share was revealed',
  ),
  'consistency-too-few': protocolAbort(
    'fewer members than the threshold signed the survivor set',
    'too many members dropped before unmasking; the round is run again',
  ),
  'unmask-twice': protocolAbort(
    'shares were requested a second time',
    'a session reveals shares once; the second request was refused',
  ),
  'settings-invalid': configuration(
    'the round’s settings contradict each other, or its training options cannot be used',
    'correct the named field in the task’s settings',
  ),

  // the server session and the round
  'below-threshold': tooFew(
    'too few members remain to open the sum',
    'the round ends without a sum; it is run again with the members that are connected',
  ),
  'deadline-missed': protocolAbort(
    'a member did not answer before the state’s deadline',
    'it takes part in the next round; raise the deadline if many miss it',
  ),
  // why a member left a round: the class of its reason, as far as its policy discloses it, and never its own text
  'member-left': protocolAbort(
    'a member left the round: its user stopped it, its connection ended, or it does not say why',
    'it takes part in the next round if it is still there; its own output says more, and tellReason in its policy controls what it discloses',
  ),
  'update-refused': protocolAbort(
    'a member’s own checks refused its update: another shape than the model’s, NaN or infinite values, or no examples',
    'none of it was sent; that member’s own output names the tensor or value, and it is invited again in later rounds',
  ),
  'policy-refused': protocolAbort(
    'a member’s policy, or its memory of earlier rounds, does not let it take part',
    'nothing was sent; that member’s own output names the rule or the file, and it is invited again in later rounds',
  ),
  'member-unknown': protocolAbort('a message from a sender outside the round', 'it was ignored'),
  'message-duplicate': protocolAbort('a member sent the same message again', 'the first one counts'),
  'secret-mismatch': protocolAbort(
    'revealed shares do not open to the secret that their owner advertised or committed to',
    'the named member dealt false shares, unless many of its holders revealed false ones; the round ends without a sum',
  ),
  'false-dealing-unproven': protocolAbort(
    'a member’s secret does not open, and the shares received do not suffice to prove to the others that it dealt falsely',
    'the others continue with exactly the same members only; lower colluding or dropout, or start from another model',
  ),
  'false-dealing-refused': protocolAbort(
    'a proof that a member dealt falsely is invalid, or concerns nothing that this client signed',
    'nothing was changed; the coordinator sent a proof that proves nothing',
  ),
  'share-false': protocolAbort(
    'a revealed share is inconsistent with its owner’s secret',
    'the member lied, or the owner gave it a false share; it was corrected, the sum is exact and the member counts',
  ),
  'groups-missing': tooFew(
    'too few of a cohort’s groups have a sum',
    'the round is run again; invite more members, or lower minCohort or groups.minSums in the task',
  ),
  'sum-outlier': protocolAbort(
    'a group’s sum is much longer than the others, which is very unlikely with honest members',
    'the group was left out of the model; the masks hide which of its members caused it',
  ),
  'evaluation-not-finite': configuration(
    'the coordinator’s own evaluation of a model gives no finite number, so the model cannot be judged',
    'correct the coordinator’s held-out data or evaluate(): missing values, a division by zero, a logarithm of zero',
  ),
  'model-worse': protocolAbort(
    'the new model is worse on held-out data than the previous one, by more than the task tolerates',
    'the previous model is kept, and other members are drawn; if it keeps happening, look for members that send bad updates',
  ),
  'rebases-spent': tooFew(
    'members that a round needs are missing or refuse, and the model was already moved as often as the task or they allow',
    'make sure that the named members come back, or raise maxRebases in the task and in members’ policies',
  ),
  'round-abandoned': protocolAbort(
    'the coordinator abandoned the round',
    'clients keep their updates for the next attempt',
  ),
  'round-forgotten': protocolAbort(
    'the coordinator no longer knows the round, or this client in it; its outcome is unknown',
    'the client takes part in the next round; raise reconnectGraceMs if its connection is often lost for longer',
  ),
  'cohort-full': tooFew(
    'the cohort filled up before this member was ready',
    'it keeps its update and takes part in the next round',
  ),

  // values
  'overflow-budget': configuration(
    'the largest sum does not fit the modulus',
    'raise modulusBits, or lower inputBits or the cohort',
  ),
  'fixed-range': configuration(
    'a number does not fit the fixed-point numbers of its ring',
    'use fewer fraction bits or the ring of 64 bits, or scale the values down',
  ),
  'privacy-infeasible': configuration(
    'no grid holds the updates and the noise that their privacy requires',
    'raise modulusBits, or lower the cohort or noiseMultiplier',
  ),
  'privacy-noise': tooFew(
    'a sum contains, or may contain, fewer noise shares than its privacy requires',
    'the sum is not used; raise minCohort, or wait for a round with more members',
  ),
  'privacy-budget': configuration(
    'a round would spend more than the privacy budget',
    'stop training here; next time, raise epsilon or noiseMultiplier, or plan fewer rounds',
  ),
  'draws-in-vain': tooFew(
    'members were drawn at random several times for one round, each draw was charged, and none led to a new model',
    'find out why members failed before restarting the task: each further draw costs some of its privacy budget',
  ),
  'no-feasible-graph': configuration(
    'no neighbourhood is safe for these shares of colluding and dropping members',
    'lower colluding or dropout, or use the complete graph',
  ),
  'update-not-finite': failure(
    'an update holds NaN or an infinite value',
    'lower the learning rate or check the data; the values were not used',
  ),
  'update-shape': failure(
    'parameters do not have the shape that the model declares',
    'make train() return every tensor of the model with its own shape',
  ),
  'tensor-shape': failure(
    'tensor shapes do not fit together',
    'check the sizes of the model’s layers against the shape of the data',
  ),
  'app-failed': failure(
    'an app failed in its own code, or returned an invalid value',
    'correct the app or its data; only the output of the client that runs it shows its message and line',
  ),
  'learning-failed': failure(
    'a strategy or group rule failed in its own code, or returned an invalid value',
    'the operator corrects the strategy or rule, or its data; the model is unchanged',
  ),
  'data-empty': configuration(
    'there are no examples to train or evaluate on, or fewer than the model needs',
    'point the client, or the coordinator’s --held-out, at a data set with at least one example, or two for batch norm',
  ),
  'data-missing': failure('a data set is not installed', 'install it with the command in the message'),
  'data-malformed': failure(
    'a data file is not in its format',
    'correct it at the place named in the message, or fetch it again',
  ),
  'model-malformed': configuration(
    'a model file is missing, or is not in its format',
    'check that the file is there, and that it is a safetensors file',
  ),
  'model-unsupported': configuration(
    'a model is valid, but contains something that Cairn cannot train',
    'the message names it: remove it, or save it as another type',
  ),
  'network-malformed': configuration(
    'the description of a network, or its ONNX file, is not valid or does not fit its tensors',
    'the message names the place: correct the description, or export the network again',
  ),
  'network-unsupported': configuration(
    'a network is valid, but contains something that private inference, or the chosen system, cannot run',
    'the message names the layer: choose another system, or train a network without it',
  ),
  'plan-mismatch': protocolAbort(
    'the two sides of a private inference do not run the same plan',
    'check that both sides name the same model and run the same version of Cairn; nothing secret was sent',
  ),
  'model-too-large': configuration(
    'a model has more parameters than fit one masked vector',
    'train fewer parameters together: freeze a part of the model, and do not declare it',
  ),
  'model-hash': protocolAbort(
    'the model received is not the one named by the round',
    'the coordinator served another model; nothing was sent',
  ),
  'model-unsaved': failure(
    'the final model could not be fetched or written',
    'check the disk and the path, and fetch it from the coordinator at /v1/models/HASH',
  ),
  'secret-wiped': failure('a secret was used after it had been wiped', 'this is a bug in Cairn: please report it'),

  // service and commands
  'config-unknown-key': configuration('an unknown key in the configuration', 'correct the spelling, or remove it'),
  'config-invalid': configuration('a value in the configuration is not allowed', 'correct the named field'),
  'unsafe-plain-http': configuration(
    'plain HTTP between machines can be read and changed in transit',
    'use TLS: an https address, or --tls-cert and --tls-key; or say --unsafe-plain-http',
  ),
  'coordinator-address': configuration(
    'a member signed in, or a request was made, at an address other than the coordinator’s own',
    'join at the coordinator’s own address, or have its operator add this one to publicUrls',
  ),
  'key-file-mode': configuration(
    'a file with a secret key is accessible to users other than its owner',
    'remove other users’ access: chmod 600 FILE',
  ),
  'config-unreadable': configuration('the configuration cannot be read', 'check that the file exists and is JSON'),
  'port-in-use': failure('the port is in use by another program', 'choose another port with --port'),
  unreachable: failure('the coordinator does not answer', 'check the address, and that the coordinator is running'),
  refused: failure('the coordinator refused this client', 'the message names the reason'),
  'rate-limited': failure(
    'one client or address made more requests than it is allowed',
    'wait a minute; if many clients share an address, have the operator raise limits.perAddress',
  ),
  'seat-taken': failure('this identity is already connected', 'stop the other process that uses the same identity'),
  'task-unknown': failure('the coordinator has no such task', 'list the tasks at /v1/tasks'),
  'not-enough-clients': tooFew('the quorum was not reached in time', 'start more clients, or lower quorum in the task'),
  'folder-unwritable': configuration('a folder is not writable', 'choose another folder, or change its permissions'),
  'task-claimed': configuration(
    'another coordinator runs this task from the same store',
    'stop the other coordinator, or give this one a separate store',
  ),
  'lock-lost': failure(
    'another process took over a file’s lock while this one hung',
    'try again; the write may be missing, so nothing that depends on it was done',
  ),
  'dealt-used-up': failure(
    'every piece of a dealer’s file has been used',
    'have the dealer make another pair of files; a piece is never used twice',
  ),
  'dealt-mismatch': protocolAbort(
    'what a dealer dealt is for another plan, pair, side or step than the one that needs it',
    'use the two files that one run of the dealer made for this plan, one on each side',
  ),
  'dealt-file': failure(
    'a dealer’s file is damaged, in use by another process, or does not fit the record of what was used',
    'never copy or restore such a file: have the dealer make another pair',
  ),
  'simd-missing': failure(
    'this JavaScript engine does not support WebAssembly with SIMD, which masking and training need',
    'use a browser from 2023 or later, allow wasm-unsafe-eval in the page’s content security policy, and run Node without --jitless',
  ),

  // private inference
  'batch-too-large': failure('more rows were asked for at once than the server takes', 'ask for fewer rows at a time'),
  'identity-required': failure(
    'the model answers enrolled members only',
    'pass --identity FILE; cairn enrol makes an identity',
  ),
  'queries-used-up': failure(
    'this asker has had as many answers as the owner allows',
    'ask again later, or ask the model’s owner for more',
  ),
  'inference-ended': protocolAbort(
    'the other side left in the middle of a computation, or its connection was lost',
    'ask again; nothing of this attempt is used a second time',
  ),
  'peer-silent': protocolAbort(
    'nothing came from the other side for too long',
    'ask again; if it stays, the other side is overloaded or hangs',
  ),
  'dealer-unnamed': configuration(
    'the owner computes with a dealer that the asker has not said it trusts',
    'pass --dealer with its address, or with the file that it made for you',
  ),
  'server-role': configuration(
    'a server has another role than the one it is asked as',
    'name both servers of a model that two serve, a first; a model that its owner serves has one address',
  ),
  'link-refused': protocolAbort(
    'a server met another one than the one that has the other half of its model',
    'give both servers the two halves of one cairn serve split, one each',
  ),
  'input-range': configuration(
    'a value that is asked about is outside the range that the model takes',
    'scale the inputs as for training: the range is in what cairn predict prints first',
  ),
  'peer-unreachable': failure('a server cannot be reached', 'check the address, and that the server runs'),

  'garbled-output': protocolAbort(
    'an output of a garbled circuit fits neither of its two values',
    'the circuits differ, or a message was altered; run again with the same version of Cairn on both sides',
  ),
  usage: usage('the command line is invalid', 'see cairn --help'),
  internal: failure('unexpected internal error', 'run again with --verbose and report what it prints'),
} as const satisfies Record<string, ErrorCodeInfo>;

/** A stable error code; see {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Optional details of an error. */
export interface ErrorDetails {
  /** Ids of the members at fault, if known. */
  readonly culprits?: readonly number[];
  /** The hint for this case, when the code's general one is not good enough. */
  readonly hint?: string;
  /** The underlying error. Shown only with `--verbose`. */
  readonly cause?: unknown;
}

/**
 * An error with a stable code. `message` names the field, what was expected and what was received; it never holds a
 * secret, a key or a value of an update. What was received may be a peer's text, so message and hint are printable: see
 * {@link printable}.
 */
export class CairnError extends Error {
  override readonly name = 'CairnError';
  /** The stable code. */
  readonly code: ErrorCode;
  /** Ids of the members at fault; empty if none is. */
  readonly culprits: readonly number[];
  /** The hint. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(printable(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.culprits = details.culprits ?? [];
    this.hint = printable(details.hint ?? ERROR_CODES[code].hint);
  }
}

/** Whether a string is one of our codes: input from the wire or the command line is checked before it is trusted. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

/** Turns any thrown value into a {@link CairnError}; foreign errors become `internal` with the original as cause. */
export function asCairnError(thrown: unknown): CairnError {
  if (thrown instanceof CairnError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CairnError('internal', message, { cause: thrown });
}
