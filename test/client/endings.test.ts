import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { consentInMemory } from '../../client/consent/memory.ts';
import type { ConsentMemory } from '../../client/index.ts';
import { DEFAULT_SUITE } from '../../protocol/crypto/suite.ts';
import { CairnError, ERROR_CODES, type ErrorCode, isErrorCode } from '../../protocol/errors.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { settingsFor, StepApp } from './support/rounds.ts';
import { modelFile } from './support/rounds.ts';
import { useClients } from './support/session.ts';

const { coordinator: start, enter } = useClients();
const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

const text = await readFile('docs/configuration.md', 'utf8');
const section = text.slice(text.indexOf('### What ends a client'));

/** The codes in one row of the list in the documents. */
function listed(row: string): readonly ErrorCode[] {
  const line = section.split('\n').find((one) => one.startsWith(`| ${row} `));
  if (line === undefined) throw new Error(`docs/configuration.md has no row "${row}"`);
  return [...line.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code!).filter(isErrorCode);
}

/** Codes after which a client is gone, of all there are. */
async function walk(endsAfter: (code: ErrorCode) => Promise<boolean>): Promise<ErrorCode[]> {
  const ending: ErrorCode[] = [];
  for (const code of CODES) if (await endsAfter(code)) ending.push(code);
  return ending;
}

const never = new Promise<never>(() => undefined);

/** Whether a participation rejects before something else happens. */
const rejectsBefore = (closed: Promise<unknown>, other: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    closed.then(
      () => never,
      () => true,
    ),
    other.then(() => false),
  ]);

// A member's process used to end over fourteen codes, most of them faults of the coordinator's own configuration.
describe('the list of what ends a client, in docs/configuration.md', () => {
  it('has every code of a refused round that does, and no other', async () => {
    const coordinator = await start();
    const memory = consentInMemory();
    let fault: ErrorCode | undefined;
    const failing: ConsentMemory = {
      read: () => (fault === undefined ? memory.read() : Promise.reject(new CairnError(fault, 'as the test says'))),
      change: (edit) => memory.change(edit),
    };
    const hash = coordinator.publish(modelFile());
    const join = async () => {
      const before = coordinator.members.length;
      const client = enter(coordinator.url, new StepApp(), { consent: failing });
      await coordinator.until(() => coordinator.members.length > before);
      return { ...client, member: coordinator.members.at(-1)! };
    };
    let client = await join();
    const ending = await walk(async (code) => {
      const { log, member, participation } = client;
      fault = code;
      coordinator.invite(settingsFor(hash), member);
      const told = log.of('refused').length + 1;
      expect(await log.next('refused', told)).toMatchObject({ code });
      fault = undefined;
      const context = coordinator.invite(settingsFor(hash), member);
      const advertised = coordinator.message('advertiseKeys', { member, nth: log.of('abandoned').length + 1 });
      const ends = await rejectsBefore(participation.closed, advertised);
      if (ends) {
        expect(log.of('failed')).toMatchObject([{ code }]);
        client = await join();
      } else {
        coordinator.abandon(context, member);
        await log.next('abandoned', log.of('abandoned').length + 1);
      }
      return ends;
    });
    expect(ending).toEqual(listed('in a round'));
  });

  it('has every answer to a Hello that does not, and no other', async () => {
    const coordinator = await start({ recoveryMs: 0 });
    let refusal: ErrorCode | undefined;
    coordinator.script.onHello = ({ context }) => {
      const code = refusal;
      refusal = undefined;
      return code && encodeAbort({ suite: DEFAULT_SUITE, context }, new CairnError(code, 'no'));
    };
    const staying = async (seated: boolean): Promise<readonly ErrorCode[]> => {
      const ending = await walk(async (code) => {
        const known = new Set(coordinator.members);
        if (!seated) refusal = code;
        const { log, participation } = enter(coordinator.url);
        if (seated) {
          await log.next('connected');
          refusal = code;
          coordinator.cut(coordinator.members.find((member) => !known.has(member))!);
        }
        const ends = await rejectsBefore(participation.closed, log.next('connected', seated ? 2 : 1));
        await participation.leave();
        return ends;
      });
      return CODES.filter((code) => !ending.includes(code));
    };
    expect(await staying(false)).toEqual([...listed('tries again: always')].sort(byPlace));
    expect(await staying(true)).toEqual(
      [...listed('tries again: always'), ...listed('tries again: once seated')].sort(byPlace),
    );
  });
});

const byPlace = (a: ErrorCode, b: ErrorCode): number => CODES.indexOf(a) - CODES.indexOf(b);
