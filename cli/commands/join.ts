import { Command, InvalidArgumentError, Option } from 'commander';
import type { App, JoinOptions, ParticipationEvent, TaskEvent } from '../../client/index.ts';
import { CairnError, ERROR_CODES } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import type { MnistShard } from '../mnist.ts';
import { loadApp } from '../app-module.ts';
import { COLLECTING_STATES } from '../../protocol/rounds/index.ts';
import { Drill, type DrillPoint } from '../drill.ts';
import { data, EXIT, say } from '../io.ts';
import { LiveLine } from '../live-line.ts';
import { waitingLine } from '../participation-line.ts';
import { ParticipationLines } from '../participation-lines.ts';
import { modelFilesAt } from '../save-model.ts';
import { onInterrupt } from '../signals.ts';
import { positive, shard, whole } from '../option-parsers.ts';

interface JoinFlags {
  readonly identity?: string;
  readonly name?: string;
  readonly task?: string[];
  readonly app?: string;
  readonly model: MnistShard['model'];
  readonly shard?: { readonly index: number; readonly count: number };
  readonly partition: MnistShard['partition'];
  readonly alpha: number;
  readonly seed: number;
  readonly policy?: string;
  readonly acceptCurious?: boolean;
  readonly acceptLostMemory?: boolean;
  readonly minCohort?: number;
  readonly unsafePlainHttp?: boolean;
  readonly connectTimeout: number;
  readonly saveModel?: string;
  readonly stay?: boolean;
  readonly hold?: DrillPoint;
  readonly json?: boolean;
}

type Policy = NonNullable<JoinOptions['policy']>;

const POLICY_HELP = `
A policy file is a JSON object with any of these keys; other rounds are refused, and you and the coordinator are told
why (see tellReason):
  adversary            "active" (default): the coordinator may lie; "curious": it only observes
  colluding            share of the members that may collude with it (default 0.2)
  minCohort            minimum number of inputs in a sum with yours (default 3)
  minThreshold         minimum number of members needed to unmask a sum
  maxRoundsPerDay      rounds within 24 hours that you train for, or send a kept update in
  tasks                names of the tasks you take part in (default all)
  minNoise             { "placement": "distributed" or "central", "multiplier": z }: minimum noise in the sum; noise that
                       the coordinator adds itself counts as "central" only
  maxEpsilon           maximum cumulative ε, as counted by this client, against the party that minNoise names
  maxRepeats           how often you retrain from the same model, as after a rollback (default 2)
  maxRebases           models within 24 hours that the coordinator moved by a small step instead of training them, and
                       in whose rounds you still take part (default 2; 0: none)
  minCohortDifference  minimum number of honest members by which any two sums that you sign must differ, in all tasks
                       (default 0: none); members that may collude, by your share, are counted in addition
  tellReason           whether the coordinator is told the class of your reason when you leave a round (default true):
                       app-failed, update-refused, policy-refused or a limit of this policy; never the message
For one model you only ever send one update, and to one set of members; no policy changes that. The memory that this
takes is kept next to the identity file, or else next to the policy file.`;

/** `cairn join URL`: takes part with local data until its tasks have ended, or until it is interrupted. */
export function joinCommand(done: (code: number) => void): Command {
  return new Command('join')
    .description('train with others on your data; only sums of updates are ever revealed')
    .argument('<url>', 'address of the coordinator, such as http://127.0.0.1:8080')
    .option('--identity <file>', 'identity file: your key, and the authority whose member directory you trust')
    .option('--name <name>', 'your name as a guest, if no identity is needed')
    .option('--task <name...>', 'only these tasks')
    .option('--app <module>', 'module that exports your model and data as its default or as `app`; without it, MNIST')
    .addOption(new Option('--model <kind>', 'network for MNIST').choices(['mlp', 'cnn']).default('mlp'))
    .option('--shard <index/count>', 'share of the MNIST training images, such as 0/8', shard)
    .addOption(
      new Option('--partition <kind>', 'how MNIST is split into shards').choices(['iid', 'dirichlet']).default('iid'),
    )
    .option('--alpha <number>', 'concentration of the Dirichlet partition', positive, 0.5)
    .option('--seed <number>', 'seed of shards and local training; keys and masks never depend on it', whole(0), 1)
    .option('--policy <file>', 'policy file (JSON): what you consent to; other rounds are refused, see below')
    .option('--accept-curious', 'also take part in rounds that trust the coordinator not to lie')
    .option('--min-cohort <number>', 'minimum number of inputs in a sum with yours', whole(2))
    .option(
      '--accept-lost-memory',
      'start a new memory of your rounds if the file of the previous one is lost for good; it does not know what you sent before',
    )
    .option('--unsafe-plain-http', 'join another machine without TLS, as in a closed test network')
    .option('--connect-timeout <seconds>', 'how long to try to reach the coordinator at the start', positive, 15)
    .option('--save-model <file>', 'save the final model of the task; for several tasks, into a folder')
    .option('--stay', 'wait for further rounds when all tasks have ended')
    .addOption(
      new Option('--hold <state@round>', 'fault drill: hang before sending that state’s message')
        .argParser(hold)
        .hideHelp(),
    )
    .option('--json', 'print events as JSON lines on stdout')
    .addHelpText('after', POLICY_HELP)
    .action(async (url: string, flags: JoinFlags) => done(await run(url, flags)));
}

async function run(url: string, flags: JoinFlags): Promise<number> {
  const leaving = new AbortController();
  const interrupted = onInterrupt(() => leaving.abort());
  const teller = new Teller(flags.json === true);
  const drill = flags.hold && new Drill(flags.hold);
  try {
    const { join } = await import('../../client/index.ts');
    const { parseAddress } = await import('../../client/internal.ts');
    // Before files are read, so that a mistyped address is reported first.
    const { text: address } = parseAddress(url, flags.unsafePlainHttp);
    const app = await (flags.app === undefined ? mnist(flags) : loadApp('--app', flags.app));
    const files = flags.saveModel === undefined ? undefined : await modelFilesAt(flags.saveModel);
    let saved = 0;
    const participation = join(url, app, {
      ...(await joinOptions(flags)),
      signal: leaving.signal,
      onEvent: (event) => {
        teller.tell(event);
        drill?.tell(event);
      },
      ...(files === undefined
        ? {}
        : {
            onModel: async (model) => {
              saved++;
              teller.say(`the model of ${model.task} after round ${model.round}: ${await files.save(model)}`);
            },
          }),
    });
    teller.seek(address);
    const summary = await participation.closed;
    teller.close();
    if (flags.json === true) data(printableJson({ kind: 'summary', ...summary }));
    say(`left after ${summary.included} rounds with this client’s update, ${summary.missed} without`);
    if (interrupted.happened()) return EXIT.interrupted;
    if (summary.tasks.some(({ state }) => state === 'stopped'))
      say('the coordinator that was stopped has not come back');
    if (summary.tasks.some(({ state }) => state === 'failed')) return ERROR_CODES['not-enough-clients'].exit;
    if (files !== undefined && saved === 0) throw new CairnError('model-unsaved', 'no task has ended with a model');
    return EXIT.ok;
  } finally {
    teller.close();
    interrupted.stop();
  }
}

async function joinOptions(flags: JoinFlags): Promise<JoinOptions> {
  const { readIdentity, serialsInFile, serialsPath } = await import('../../client/index.ts');
  const { identity: file } = flags;
  const policy = await policyOf(flags);
  const identity = file === undefined ? undefined : await readIdentity(file);
  if (identity === undefined && policy.adversary !== 'curious') {
    throw new CairnError('usage', 'without --identity only rounds that trust the coordinator not to lie are possible', {
      hint: 'pass --identity FILE, or agree to that with --accept-curious',
    });
  }
  const consent = await consentOf(flags);
  return {
    seed: flags.seed,
    connectTimeoutMs: Math.round(1000 * flags.connectTimeout),
    policy,
    ...(consent === undefined ? {} : { consent }),
    ...(flags.unsafePlainHttp === undefined ? {} : { unsafePlainHttp: flags.unsafePlainHttp }),
    ...(flags.task === undefined ? {} : { tasks: flags.task }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(file === undefined || identity === undefined
      ? {}
      : {
          identity: { member: identity.member, keys: identity.keys },
          authorityKey: identity.authorityKey,
          serials: serialsInFile(serialsPath(file)),
        }),
    ...(flags.stay === undefined ? {} : { stay: flags.stay }),
  };
}

/** The memory of rounds: a file next to the identity file or else the policy file; undefined if there is neither. */
async function consentOf({ identity, policy, acceptLostMemory }: JoinFlags): Promise<JoinOptions['consent']> {
  const { acceptLostMemory: accept, consentInFile, consentPath } = await import('../../client/index.ts');
  const beside = identity ?? policy;
  if (beside === undefined) return undefined;
  const path = consentPath(beside);
  if (acceptLostMemory === true) await accept(path);
  return consentInFile(path, identity === undefined ? {} : { identityFile: identity });
}

/**
 * The policy file with the additions of the command line.
 * @throws CairnError `usage` if the two differ, and what `readPolicyFile` throws
 */
async function policyOf({ policy: file, acceptCurious, minCohort }: JoinFlags): Promise<Policy> {
  const { readPolicyFile } = await import('../../client/index.ts');
  const written = file === undefined ? {} : await readPolicyFile(file);
  const said: Policy = {
    ...(acceptCurious === true ? { adversary: 'curious' as const } : {}),
    ...(minCohort === undefined ? {} : { minCohort }),
  };
  for (const [key, flag] of [
    ['adversary', '--accept-curious'],
    ['minCohort', '--min-cohort'],
  ] as const) {
    if (said[key] === undefined || written[key] === undefined || said[key] === written[key]) continue;
    throw new CairnError('usage', `${flag} contradicts ${key} ${JSON.stringify(written[key])} in ${file ?? ''}`, {
      hint: `leave ${flag} out, or fix the policy file`,
    });
  }
  return { ...written, ...said };
}

/** Milliseconds without an event after which the user is told what is being done. */
const PATIENCE_MS = 1000;

/** Reports what happens to the user at the terminal, or to the program that reads its lines. */
class Teller {
  readonly #json: boolean;
  readonly #live = new LiveLine();
  readonly #lines = new ParticipationLines();
  /** What each task waits for. */
  readonly #waiting = new Map<string, string>();
  #seeking: ReturnType<typeof setTimeout> | undefined;

  constructor(json: boolean) {
    this.#json = json;
  }

  /** Reports an event of the participation. */
  tell(event: ParticipationEvent): void {
    // These two come before it has been looked for.
    if (event.kind !== 'unsafe-open-enrolment' && event.kind !== 'engine') clearTimeout(this.#seeking);
    if (this.#json) {
      data(printableJson(event));
      return;
    }
    for (const line of this.#lines.of(event)) this.say(line);
    if (event.kind === 'task') this.#awaits(event);
    // What the task waits for is no longer known.
    if (event.kind === 'disconnected') this.#live.show(undefined);
  }

  /** Says what it does if there is nothing else to say for a while. */
  seek(address: string): void {
    if (this.#json) return;
    const line = `looking for the coordinator at ${address}, once the data are loaded`;
    this.#seeking = setTimeout(() => this.say(line), PATIENCE_MS);
  }

  /** Prints a separate line, above the live one. */
  say(line: string): void {
    say(printable(line));
  }

  /** Clears the line about what is waited for. */
  close(): void {
    clearTimeout(this.#seeking);
    this.#live.show(undefined);
  }

  #awaits(event: TaskEvent): void {
    const line = waitingLine(event);
    if (line === undefined) this.#waiting.delete(event.task);
    else this.#waiting.set(event.task, line);
    // Between two rounds all members are present for a moment, which is not worth a line in a file.
    this.#live.show([...this.#waiting.values()].join('; '), event.seated >= event.needed);
  }
}

async function mnist(flags: JoinFlags): Promise<App> {
  const { mnistShardApp } = await import('../mnist.ts');
  return mnistShardApp(flags);
}

function hold(text: string): DrillPoint {
  const match = /^([a-z-]+)(?:@(\d+))?$/.exec(text);
  const state = COLLECTING_STATES.find((candidate) => candidate === match?.[1]);
  if (match === null || state === undefined) {
    throw new InvalidArgumentError(`expected STATE or STATE@ROUND with a state of ${COLLECTING_STATES.join(', ')}`);
  }
  const round = match.at(2);
  return round === undefined ? { state } : { state, round: Number(round) };
}
