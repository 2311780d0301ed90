// The package's faces as their declarations show them: every exported name with its declaration and its doc comment.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ts = createRequire(import.meta.url)('typescript');
const { SymbolFlags, SyntaxKind } = ts;

/** A link of a doc comment, whose name is as good in the pages. */
const LINK = /\{@link ([^}]+?) *\}/g;

/** What dependents' compilers do not see, or are told to leave alone. */
const isHidden = (member) =>
  ts.isPrivateIdentifier(member.name ?? member) ||
  (ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(({ kind }) => kind === SyntaxKind.PrivateKeyword));

const isOfItself = ({ kind }) => kind !== SyntaxKind.ExportKeyword && kind !== SyntaxKind.DeclareKeyword;

/** A declaration without `export`, `declare` and private members. */
function shown(node) {
  const { factory } = ts;
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []).filter(isOfItself) : [];
  if (ts.isClassDeclaration(node)) {
    const members = node.members.filter((member) => !isHidden(member));
    const { name, typeParameters, heritageClauses } = node;
    return factory.updateClassDeclaration(node, modifiers, name, typeParameters, heritageClauses, members);
  }
  if (ts.isVariableStatement(node)) return factory.updateVariableStatement(node, modifiers, node.declarationList);
  if (ts.isFunctionDeclaration(node)) {
    const { name, typeParameters, parameters, type } = node;
    const of = [undefined, name, typeParameters, parameters, type, undefined];
    return factory.updateFunctionDeclaration(node, modifiers, ...of);
  }
  if (ts.isInterfaceDeclaration(node)) {
    const { name, typeParameters, heritageClauses, members } = node;
    return factory.updateInterfaceDeclaration(node, modifiers, name, typeParameters, heritageClauses, members);
  }
  if (ts.isTypeAliasDeclaration(node)) {
    return factory.updateTypeAliasDeclaration(node, modifiers, node.name, node.typeParameters, node.type);
  }
  throw new Error(`api: there is no way to show a ${SyntaxKind[node.kind]}`);
}

/** The node that holds a whole declaration, with its modifiers and its comment. */
const statementOf = (node) => (ts.isVariableDeclaration(node) ? node.parent.parent : node);

/** A declaration in TypeScript, with or without the comments of its members. */
function printed(node, removeComments) {
  const printer = ts.createPrinter({ removeComments });
  const whole = ts.setEmitFlags(shown(node), ts.EmitFlags.NoLeadingComments);
  const text = printer.printNode(ts.EmitHint.Unspecified, whole, node.getSourceFile());
  return text.replaceAll(/import\("[^"]+"\)\./g, '').replaceAll(LINK, '$1');
}

/** A comment's words as Markdown: links become names, and lines are joined to paragraphs. */
const prose = (text) =>
  text
    .replaceAll(LINK, '`$1`')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll(/\s*\n\s*/g, ' ').trim());

/** What a doc comment says in its first paragraph, and of what is thrown; undefined where there is none. */
function docOf(node) {
  const comment = ts.getJSDocCommentsAndTags(node).findLast(ts.isJSDoc);
  if (comment === undefined) return undefined;
  const text = prose(ts.getTextOfJSDocComment(comment.comment) ?? '')[0];
  const thrown = (comment.tags ?? [])
    .filter((tag) => tag.tagName.text === 'throws')
    .map(
      (tag) =>
        prose(
          tag
            .getText()
            .replaceAll(/^\s*\* ?/gm, '')
            .replace(/^@throws\s*/, ''),
        )[0],
    );
  return { text, thrown };
}

/** The comment that a file opens with, whole. */
function openingOf(file) {
  const [, text = ''] = /^\s*\/\*\*(.*?)\*\//s.exec(readFileSync(file, 'utf8')) ?? [];
  return text
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(LINK, '`$1`')
    .trim();
}

/** Where a declaration in dist/ comes from: a comment before an import that only the source needs is not in it. */
const sourceOf = (root, types) => join(root, types.replace(/^\.\/(dist|lib)\//, '').replace(/\.d\.ts$/, '.ts'));

/** By code units, as the lists of names in sources are sorted. */
const byName = (a, b) => (a.name < b.name ? -1 : 1);

/**
 * Every face of the package, in the order of package.json, with its names in order. A name that an earlier face exports
 * has `from`, the face that it is described in; a namespace's names have its own before them.
 */
export function readFaces(root) {
  const { name: packageName, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object');
  // The package's own files only name other packages; dist/ has what these are made from.
  const files = entries.map(([, { types }]) => join(root, types.replace('./lib/', './dist/')));
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    skipLibCheck: true,
    types: ['node'],
  });
  const checker = program.getTypeChecker();
  const seen = new Map();

  function namesOf(module, face, before = '') {
    return checker.getExportsOfModule(module).flatMap((symbol) => {
      const name = `${before}${symbol.name}`;
      const target = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (target.flags & SymbolFlags.ValueModule) return namesOf(target, face, `${name}.`);
      const nodes = [...new Set((target.declarations ?? []).map(statementOf))];
      const from = seen.get(`${name} ${nodes[0]?.getSourceFile().fileName}`);
      if (from !== undefined) return [{ name, from }];
      seen.set(`${name} ${nodes[0]?.getSourceFile().fileName}`, face);
      return [
        {
          name,
          doc: docOf(nodes[0]),
          signature: nodes.map((node) => printed(node, true)).join('\n'),
          commented: nodes.map((node) => printed(node, false)).join('\n'),
        },
      ];
    });
  }

  return entries.map(([path], i) => {
    const name = packageName + path.slice(1);
    const module = checker.getSymbolAtLocation(program.getSourceFile(files[i]));
    const opening = openingOf(sourceOf(root, exports[path].types));
    return { name, opening, names: namesOf(module, name).sort(byName) };
  });
}
