// The package's faces, from their declarations: every exported name with its declaration and its doc comment.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ts = createRequire(import.meta.url)('typescript');
const { SymbolFlags, SyntaxKind } = ts;

/** A link in a doc comment, which becomes just its name in the pages. */
const LINK = /\{@link ([^}]+?) *\}/g;

/** Members that dependents' compilers cannot see, or should ignore. */
const isHidden = (member) =>
  ts.isPrivateIdentifier(member.name ?? member) ||
  (ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(({ kind }) => kind === SyntaxKind.PrivateKeyword));

const isOfItself = ({ kind }) => kind !== SyntaxKind.ExportKeyword && kind !== SyntaxKind.DeclareKeyword;

/** A declaration without `export`, `declare` and private members, by the name that it is exported by. */
function shown(node, exported) {
  const { factory } = ts;
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []).filter(isOfItself) : [];
  if (ts.isClassDeclaration(node)) {
    const members = node.members.filter((member) => !isHidden(member));
    const { name, typeParameters, heritageClauses } = node;
    return factory.updateClassDeclaration(node, modifiers, name, typeParameters, heritageClauses, members);
  }
  if (ts.isVariableStatement(node)) return factory.updateVariableStatement(node, modifiers, node.declarationList);
  if (ts.isFunctionDeclaration(node)) {
    const { typeParameters, parameters, type } = node;
    // A face may export a function by another name than its file does.
    const of = [undefined, factory.createIdentifier(exported), typeParameters, parameters, type, undefined];
    return factory.updateFunctionDeclaration(node, modifiers, ...of);
  }
  if (ts.isInterfaceDeclaration(node)) {
    const { name, typeParameters, heritageClauses, members } = node;
    return factory.updateInterfaceDeclaration(node, modifiers, name, typeParameters, heritageClauses, members);
  }
  if (ts.isTypeAliasDeclaration(node)) {
    return factory.updateTypeAliasDeclaration(node, modifiers, node.name, node.typeParameters, node.type);
  }
  throw new Error(`api: cannot print a ${SyntaxKind[node.kind]}`);
}

/** The node of a whole declaration, with its modifiers and its comment. */
const statementOf = (node) => (ts.isVariableDeclaration(node) ? node.parent.parent : node);

/** A declaration in TypeScript, with or without the comments of its members. */
function printed(node, exported, removeComments) {
  const printer = ts.createPrinter({ removeComments });
  const whole = ts.setEmitFlags(shown(node, exported), ts.EmitFlags.NoLeadingComments);
  const text = printer.printNode(ts.EmitHint.Unspecified, whole, node.getSourceFile());
  return text.replaceAll(/import\("[^"]+"\)\./g, '').replaceAll(LINK, '$1');
}

/** A comment's text as Markdown: links become names, and lines are joined into paragraphs. */
const prose = (text) =>
  text
    .replaceAll(LINK, '`$1`')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll(/\s*\n\s*/g, ' ').trim());

/** A doc comment's first paragraph, and what it says is thrown; undefined if there is no comment. */
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

/** The whole comment at the start of a file. */
function openingOf(file) {
  const [, text = ''] = /^\s*\/\*\*(.*?)\*\//s.exec(readFileSync(file, 'utf8')) ?? [];
  return text
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(LINK, '`$1`')
    .trim();
}

/** The source of a declaration in dist/, which lacks a comment before an import that only the source needs. */
const sourceOf = (root, types) => join(root, types.replace(/^\.\/(dist|lib)\//, '').replace(/\.d\.ts$/, '.ts'));

/** Sorts by code units, as the lists of names in sources. */
const byName = (a, b) => (a.name < b.name ? -1 : 1);

/**
 * Every face of the package, in the order of package.json, with its names in order. A name that an earlier face exports
 * has `from`, the face that describes it; a namespace's names are prefixed with its own.
 */
export function readFaces(root) {
  const { name: packageName, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object');
  // The package's own files only refer to other packages; dist/ has what these are made from.
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
          signature: nodes.map((node) => printed(node, symbol.name, true)).join('\n'),
          commented: nodes.map((node) => printed(node, symbol.name, false)).join('\n'),
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
