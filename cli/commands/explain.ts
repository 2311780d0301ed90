import { Command } from 'commander';
import { CairnError, ERROR_CODES } from '../../protocol/errors.ts';
import { data, EXIT, explanation } from '../io.ts';
import { nearestWord } from '../../protocol/suggest.ts';

/** `cairn explain CODE`: what an error code means, and the hint. */
export function explainCommand(done: (code: number) => void): Command {
  return new Command('explain')
    .description('what an error code means and what to do about it')
    .argument('[code]', 'an error code; without one, all are listed')
    .action((code: string | undefined) => {
      if (code === undefined) {
        for (const [name, { meaning }] of Object.entries(ERROR_CODES)) data(`${name.padEnd(22)} ${meaning}`);
        done(EXIT.ok);
        return;
      }
      const text = explanation(code);
      if (text === undefined) {
        const nearest = nearestWord(code, Object.keys(ERROR_CODES));
        const meant = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
        throw new CairnError('usage', `there is no error code "${code}"${meant}`, {
          hint: 'cairn explain lists all codes',
        });
      }
      data(text);
      done(EXIT.ok);
    });
}
