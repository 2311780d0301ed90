/** The entry of every process that the experiment starts: it does what it is told, and ends with whoever started it. */
import { asCairnError } from '../../../../protocol/errors.ts';
import { startDealer } from './dealer.ts';
import type { Call, Commands, Reply } from './messages.ts';
import { shapeLine } from './shaper.ts';
import { SideProcess } from './side.ts';

type Handlers = {
  [Name in keyof Commands]: (input: Commands[Name]['input']) => Promise<Commands[Name]['output']>;
};

let side: SideProcess | undefined;

const handlers: Handlers = {
  deal: startDealer,
  shape: async ({ target, ...shape }) => (await shapeLine(target, shape)).port,
  async listen(place) {
    const listening = await SideProcess.listen(place);
    side = listening.side;
    return listening.port;
  },
  async dial({ url, ...place }) {
    side = await SideProcess.dial(place, url);
    return undefined;
  },
  setup: () => side!.setup(),
  offline: ({ batch, session }) => side!.offline(batch, session),
  input({ values }) {
    side!.take(values);
    return Promise.resolve(undefined);
  },
  online: () => side!.online(),
};

async function perform<Name extends keyof Commands>({ id, name, input }: Call<Name>): Promise<Reply> {
  try {
    return { id, output: await handlers[name](input) };
  } catch (thrown) {
    const { code, message } = asCairnError(thrown);
    return { id, error: { code, message } };
  }
}

process.on('message', (call: Call) => {
  void perform(call).then((reply) => process.send!(reply));
});
process.on('disconnect', () => process.exit());
