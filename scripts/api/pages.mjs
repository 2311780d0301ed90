// The documentation of faces: a report for each, for review, and one page for readers.

const block = (text) => `\`\`\`ts\n${text}\n\`\`\``;
const WRITTEN = 'Written by `npm run api`.';

/** A file's name without folders and ending, from a face's name. */
const fileOf = (face) => face.split('/').slice(1).join('-');

/** Each name with its declaration, without comments: a change here is a change for importers. */
function report({ name, names }) {
  const lines = names.map(({ name: exported, from, signature }) => {
    if (from !== undefined) return `// ${exported}: as in ${from}`;
    // A namespace's export has only its own name in the declaration.
    return exported.includes('.') ? `// ${exported}\n${signature}` : signature;
  });
  return `# \`${name}\`: ${names.length} names\n\n${WRITTEN} A change to this file is a change for importers of the face.\n\n${block(lines.join('\n'))}\n`;
}

/** A link to a face's section of the page. */
const linkTo = (face) => `[\`${face}\`](#${face.replaceAll('/', '')})`;

function section({ name, opening, names }) {
  const own = names.filter(({ from }) => from === undefined);
  const others = new Map();
  for (const { name: exported, from } of names) {
    if (from === undefined) continue;
    if (!others.has(from)) others.set(from, new Set());
    // For a shared namespace its own name is enough.
    others.get(from).add(`\`${exported.split('.')[0]}\``);
  }
  const parts = own.map(({ name: exported, doc, commented }) =>
    [
      `### ${exported}`,
      doc?.text ?? '',
      ...(doc?.thrown ?? []).map((text) => `Throws ${text.replace(/[.;]?$/, '.')}`),
      block(commented),
    ].join('\n\n'),
  );
  const shared = [...others].map(([face, list]) => `As in ${linkTo(face)}: ${[...list].join(', ')}.`);
  return [`## ${name}`, opening, ...shared, ...parts].join('\n\n');
}

function manual(faces) {
  const list = faces.map(({ name, names }) => `- ${linkTo(name)}: ${names.length} names`).join('\n');
  const opening = `What a program can import, face by face. Each name is listed with the first paragraph of its doc comment, and with its declaration. ${WRITTEN}`;
  return ['# The API', opening, list, ...faces.map(section)].join('\n\n') + '\n';
}

/** Names whose declarations have no doc comment. */
export const undocumented = (faces) =>
  faces.flatMap(({ name: face, names }) =>
    names.filter(({ from, doc }) => from === undefined && !doc?.text).map(({ name }) => `${name} of ${face}`),
  );

/** Every generated file, by its path from the root, unformatted. */
export const pagesOf = (faces) => [
  ...faces.map((face) => [`docs/api/${fileOf(face.name)}.md`, report(face)]),
  ['docs/api.md', manual(faces)],
];
