import type { JsonObject } from '../laboratory/rows.ts';
import { escapeHtml } from './escape.ts';
import { definitions } from './facts.ts';
import { fileLinks, type Page } from './page.ts';

/** What a reader needs to judge a run and to run it again. */
export interface RunFacts {
  /** Name of the experiment. */
  readonly experiment: string;
  readonly settings: JsonObject;
  readonly seed: number;
  /** The preset that the settings began from, if one was named. */
  readonly preset?: string | undefined;
  /** Version of Cairn. */
  readonly version: string;
  /** Version of Node. */
  readonly node: string;
  /** When the run began, as it is to be shown. Left out, the same results give the same report. */
  readonly started?: string | undefined;
  /** The command line that gives the same results. */
  readonly command: string;
  /** Whether the run was stopped before its end. */
  readonly interrupted: boolean;
}

/** Settings, seed and versions, the command that runs it again, and every file of data: the end of each report. */
export function renderRunFacts(run: RunFacts, page: Page): string {
  const text = (value: string) => escapeHtml(value);
  const code = (value: string) => `<code>${escapeHtml(value)}</code>`;
  const facts: (readonly [string, string])[] = [
    ['Experiment', code(run.experiment)],
    ...(run.preset === undefined ? [] : [['Preset', text(run.preset)] as const]),
    // A seed is copied, so its digits stay together.
    ['Seed', text(String(run.seed))],
    ['Cairn', text(run.version)],
    ['Node', text(run.node)],
    ...(run.started === undefined ? [] : [['Started', text(run.started)] as const]),
    ['Complete', run.interrupted ? 'no, stopped before its end' : 'yes'],
  ];
  const settings = Object.entries(run.settings).map(
    ([name, value]) => [name, code(typeof value === 'string' ? value : JSON.stringify(value))] as const,
  );
  const files = fileLinks(page, [...page.data]);
  return [
    definitions(facts),
    ...(settings.length === 0 ? [] : ['<h3>Settings</h3>', definitions(settings)]),
    '<h3>Run it again</h3>',
    `<pre><code>${escapeHtml(run.command)}</code></pre>`,
    ...(files.length === 0
      ? []
      : ['<h3>Data</h3>', `<ul class="files">${files.map((file) => `<li>${file}</li>`).join('')}</ul>`]),
  ].join('\n');
}
