import { describe, expect, it } from 'vitest';
import { News } from '../../coordinator/news.ts';
import type { Seat } from '../../coordinator/gateway/seat.ts';
import type { TaskStanding } from '../../coordinator/rounds/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { TaskNewsFields } from '../../protocol/wire/messages/task-news.ts';

/** What a member is told of a task that has failed. */
function told(draws: boolean): TaskNewsFields | undefined {
  let heard: TaskNewsFields | undefined;
  const seat = { tell: (news: TaskNewsFields) => (heard = news) } as unknown as Seat;
  const standing: TaskStanding = {
    ...{ task: 'toy', state: 'failed', round: 3, rounds: 9, needed: 5, modelHash: '00'.repeat(32) },
    error: new CairnError('below-threshold', '3 members advertised keys, the threshold is 4'),
  };
  const news = new News({ seats: { there: () => [seat] }, standings: () => [standing], draws });
  news.stands('toy');
  news.close();
  return heard;
}

describe('news of a task that has failed', () => {
  it('have its message', () => {
    expect(told(false)).toMatchObject({
      code: 'below-threshold',
      message: expect.stringContaining('3 members') as string,
    });
  });

  it('have only its code if members are drawn at random: the message would tell how many were', () => {
    expect(told(true)).toMatchObject({ code: 'below-threshold', message: '' });
  });
});
