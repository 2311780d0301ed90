import type { Transcript } from './transcript.ts';

const DIGITS = 64;

/** `name = hex`, the digits in lines of 32 bytes. */
function hexField(name: string, hex: string): string {
  if (hex === '') return `${name} = (empty)`;
  if (hex.length <= DIGITS) return `${name} = ${hex}`;
  const lines = Array.from({ length: Math.ceil(hex.length / DIGITS) }, (_, i) =>
    hex.slice(i * DIGITS, (i + 1) * DIGITS),
  );
  return [`${name} =`, ...lines.map((line) => `    ${line}`)].join('\n');
}

/** 32-bit words in hex, as numbers are written: the most significant digit first. */
const words = (name: string, values: readonly number[]): string =>
  `${name} = ${values.map((value) => value.toString(16).padStart(8, '0')).join(' ')}`;

const plain = (name: string, value: string | number | readonly number[]): string =>
  `${name} = ${Array.isArray(value) ? value.join(' ') : String(value)}`;

const fence = (...lines: readonly string[]): string => ['```text', ...lines, '```'].join('\n');

const who = (end: number | 'coordinator'): string => (end === 'coordinator' ? end : `member ${end}`);

/** The worked round as the document shows it; see the markers in docs/protocol.md. */
export function renderTranscript(round: Transcript): string {
  const bits = Number(round.settings.fields.modulusBits);
  const parts = [
    '### 13.1 Authority, directory, model, settings',
    fence(
      hexField('authority seed', round.authority.seed),
      hexField('authority key', round.authority.publicKey),
      plain('serial', round.directory.serial),
      plain('issued', round.directory.issued),
      plain('notAfter', round.directory.notAfter),
      hexField('directory', round.directory.bytes),
      hexField('directoryHash', round.directory.hash),
      hexField('model file', round.model.bytes),
      hexField('modelHash', round.model.hash),
      hexField('model point', round.model.point),
    ),
    fence(
      ...Object.entries(round.settings.fields).map(([name, value]) => plain(name, value)),
      hexField('settings', round.settings.bytes),
      hexField('settingsHash', round.settings.hash),
      hexField('terms', round.settings.terms),
    ),
    '### 13.2 Members',
    'Words are 32-bit numbers in hexadecimal, most significant digit first. `input` is the quantized vector before masking.',
    ...round.members.map((member) =>
      fence(
        plain('index', member.index),
        plain('member', member.member),
        plain('name', member.name),
        plain('notAfter', member.notAfter),
        plain('tasks', member.tasks.length === 0 ? '(all)' : member.tasks.join(' ')),
        hexField('identity seed', member.identitySeed),
        hexField('identity key', member.identityKey),
        hexField('cipher secret', member.cipherSecret),
        hexField('cipher key', member.cipherKey),
        hexField('mask secret', member.maskSecret),
        hexField('mask key', member.maskKey),
        hexField('self seed', member.selfSeed),
        hexField('seed commitment', member.seedCommitment),
        hexField('self mask key', member.selfMaskKey),
        words('self mask', member.selfMask),
        plain('update', member.update),
        plain('examples', member.examples),
        plain('loss', member.loss),
        plain('accuracy', member.accuracy),
        ...(member.values.length === 0
          ? ['input = (lost before)']
          : [
              hexField('input record', member.inputRecord),
              hexField('rounding key', member.roundingKey),
              words('rounding words', member.roundingWords),
              words('input', member.values),
            ]),
      ),
    ),
    '### 13.3 Session and pairs',
    fence(
      ...round.session.leaves.map((leaf, i) => hexField(`leaf ${i}`, leaf)),
      hexField('root', round.session.root),
      hexField('sessionId', round.session.sessionId),
      plain('k', round.session.degree),
      plain('t', round.session.threshold),
    ),
    fence(
      ...round.pairs.flatMap((pair) => [
        `pair ${pair.low}, ${pair.high}`,
        hexField('  X25519 of cipher keys', pair.cipherShared),
        hexField(`  seal key ${pair.low} to ${pair.high}`, pair.sealKeyLowToHigh),
        hexField(`  seal key ${pair.high} to ${pair.low}`, pair.sealKeyHighToLow),
        hexField('  X25519 of mask keys', pair.maskShared),
        hexField('  pair mask key', pair.pairMaskKey),
        words('  pair mask', pair.pairMask),
      ]),
    ),
    '### 13.4 Shares',
    'Of each owner, by holder (indices): the share of its mask secret, then that of its self seed. With holder and owner exchanged these are the plaintexts of the sealed entries.',
    fence(
      ...round.shares.flatMap(({ owner, holder, ofMaskKey, ofSelfSeed }) => [
        `owner ${owner}, holder ${holder}`,
        `    ${ofMaskKey}`,
        `    ${ofSelfSeed}`,
      ]),
    ),
    '### 13.5 Messages',
    'All messages in the order of delivery. Connecting is shown for one member.',
    ...round.messages.map(({ from, to, name, bytes }, i) =>
      fence(hexField(`${i + 1}. ${name}, ${who(from)} to ${who(to)}`, bytes)),
    ),
    '### 13.6 Opening the sum',
    fence(
      hexField('survivors', round.consistency.survivors),
      hexField('signed in Consistency', round.consistency.signedBytes),
      ...round.rebuilt.map(({ owner, kind, holders, secret }) =>
        hexField(
          `${kind === 'selfSeed' ? 'self seed' : 'mask secret'} of ${owner}, from ${holders.join(', ')}`,
          secret,
        ),
      ),
    ),
    fence(
      words(`sum of masked inputs mod 2^${bits}`, round.sum.masked),
      words(`sum mod 2^${bits}`, round.sum.opened),
      plain('update', round.sum.update),
      plain('examples', round.sum.examples),
      plain('loss', round.sum.loss),
      plain('accuracy', round.sum.accuracy),
      hexField('new model file', round.model.newBytes),
      hexField('new modelHash', round.model.newHash),
    ),
  ];
  return parts.join('\n\n');
}
