import { createHash } from 'node:crypto';
import type { Section } from './blocks.ts';
import { createPage, escapeHtml, fileLinks, type Page, paragraphs } from './page.ts';
import { definitions, renderBlock } from './render.ts';
import type { JsonObject } from './rows.ts';
import { STYLE } from './style.ts';

/** What a reader needs to assess a run and to repeat it. */
interface RunFacts {
  /** Name of the experiment. */
  readonly experiment: string;
  readonly settings: JsonObject;
  readonly seed: number;
  /** The preset on which the settings are based, if one was named. */
  readonly preset?: string | undefined;
  /** Version of Cairn. */
  readonly version: string;
  /** Version of Node. */
  readonly node: string;
  /** When the run began, as text to show. If omitted, the same results give the same report. */
  readonly started?: string | undefined;
  /** The command line that gives the same results. */
  readonly command: string;
  /** Whether the run was stopped before its end. */
  readonly interrupted: boolean;
}

/** Settings, seed and versions, the command that repeats it, and every data file: the end of each report. */
function renderRunFacts(run: RunFacts, page: Page): string {
  const text = (value: string) => escapeHtml(value);
  const code = (value: string) => `<code>${escapeHtml(value)}</code>`;
  const facts: (readonly [string, string])[] = [
    ['Experiment', code(run.experiment)],
    ...(run.preset === undefined ? [] : [['Preset', text(run.preset)] as const]),
    // A seed is meant to be copied, so its digits are not grouped.
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

/** The whole content of a report. */
export interface Report extends RunFacts {
  readonly title: string;
  /** Paragraphs under the title: the question and the result. */
  readonly lead?: readonly string[];
  readonly sections: readonly Section[];
  /** PNG bytes by the image's name, without folder or extension. */
  readonly images: ReadonlyMap<string, Uint8Array>;
  /** Names of the series for which data/NAME.csv and data/NAME.jsonl are beside the report. */
  readonly data: readonly string[];
}

/** From this many sections on there is a table of contents. */
const CONTENTS_FROM = 4;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** The page may show its own content and style; it runs no scripts and makes no requests. */
const POLICY = `default-src 'none'; img-src data:; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

/**
 * A report as one self-contained HTML file that opens from disk. It needs no script and no other file; links to data
 * are relative, for the folder of the run. The same input gives the same text.
 */
export function renderReport(report: Report): string {
  const page = createPage(report.images, new Set(report.data));
  const sections = [
    ...report.sections.map(({ title, blocks }) => ({
      title,
      render: () => blocks.map((block) => renderBlock(block, page)).join('\n'),
    })),
    { title: 'This run', render: () => renderRunFacts(report, page) },
  ].map((section) => ({ ...section, id: page.id(section.title) }));

  const bodies = sections.map(
    ({ title, id, render }) => `<section class="band" aria-labelledby="${id}">
<h2 id="${id}">${escapeHtml(title)}</h2>
${render()}
</section>`,
  );
  const links = sections.map(({ title, id }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`);
  const contents =
    report.sections.length < CONTENTS_FROM
      ? ''
      : `<nav class="contents" aria-label="Contents"><ol>\n${links.join('\n')}\n</ol></nav>`;
  const stopped = report.interrupted
    ? '<p class="stopped"><strong>This run was stopped before its end.</strong> The report shows what had been recorded by then.</p>'
    : '';

  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Cairn ${escapeHtml(report.version)}">
<title>${escapeHtml(report.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header class="band">
<p class="kicker">Cairn · ${escapeHtml(report.experiment)}</p>
<h1>${escapeHtml(report.title)}</h1>
${stopped}
${paragraphs(report.lead ?? [], 'lead')}
${contents}
</header>
${bodies.join('\n')}
</main>
</body>
</html>
`;
}
