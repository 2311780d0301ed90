import { describe, expect, expectTypeOf, it } from 'vitest';
import { type App, defineApp, join, type JoinOptions, type Participation } from '../../client/index.ts';
import { join as joinInBrowser } from '../../client/browser/index.ts';

// Types are held by the check `types`: a line below `@ts-expect-error` that compiles is an error of its own.

interface Row {
  readonly age: number;
}

const rows: readonly Row[] = [{ age: 30 }, { age: 50 }];
const result = (examples: number) => Promise.resolve({ parameters: {}, examples, loss: 0, accuracy: 0 });

describe('the type of an app’s data', () => {
  it('is found out by defineApp, for train and evaluate, from what data returns', async () => {
    const app = defineApp({
      shapes: { w: [1] },
      data: () => Promise.resolve(rows),
      train(_, data) {
        expectTypeOf(data).toEqualTypeOf<readonly Row[]>();
        // @ts-expect-error: rows have no such field
        const height: unknown = data[0]?.height;
        expect(height).toBeUndefined();
        return result(data.length);
      },
      evaluate(_, data) {
        expectTypeOf(data).toEqualTypeOf<readonly Row[]>();
        return Promise.resolve({ examples: data.length, loss: 0, accuracy: 0 });
      },
    });
    expectTypeOf(app).toEqualTypeOf<App<readonly Row[]>>();
    const data = await app.data();
    expect(await app.evaluate?.({}, data)).toMatchObject({ examples: 2 });
  });

  it('may be named, and then data has to return it', () => {
    const app = defineApp<number>({
      shapes: { w: [1] },
      // @ts-expect-error: text, and no number
      data: () => '3',
      train: (_, examples) => result(examples),
    });
    expect(app.data()).toBe('3');
  });

  it.each([
    ['Node', join],
    ['browsers', joinInBrowser],
  ])('is found out within a call of join for %s', async (_, joinOf: typeof join) => {
    expectTypeOf(joinInBrowser).toEqualTypeOf(joinOf);
    const options: JoinOptions = { policy: { adversary: 'curious' }, connectTimeoutMs: 1 };
    let seen = 0;
    const participation = joinOf(
      'http://127.0.0.1:1',
      {
        shapes: { w: [1] },
        data() {
          seen++;
          return rows;
        },
        train(_parameters, data) {
          expectTypeOf(data).toEqualTypeOf<readonly Row[]>();
          return result(data.length);
        },
      },
      options,
    );
    expectTypeOf(participation).toEqualTypeOf<Participation>();
    await expect(participation.closed).rejects.toMatchObject({ code: 'unreachable' });
    expect(seen).toBe(1);
  });
});
