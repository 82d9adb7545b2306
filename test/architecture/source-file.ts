import { parseAst } from 'vitest/node';

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** What the rules need to know of one source file. */
export interface SourceFile {
  /** Path under src/, with `/`. */
  readonly path: string;
  readonly lineCount: number;
  /** Static and dynamic imports, re-exports and `import('…')` types. */
  readonly imports: readonly Import[];
  /** Lines of `import(x)` where x is not a text. */
  readonly computedImports: readonly number[];
  /** Lines of the type `any`. */
  readonly anys: readonly number[];
  /** `Date.now`, `console.log`, `crypto.subtle` …: members of names that the file did not declare, and `new Date()`. */
  readonly globals: readonly { readonly name: string; readonly line: number }[];
  /** Names of classes, functions, interfaces and types. */
  readonly declarations: readonly { readonly name: string; readonly line: number }[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

const declarationTypes = new Set([
  'ClassDeclaration',
  'FunctionDeclaration',
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
]);

const moduleTypes = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

const identifierName = (value: unknown): string | undefined =>
  isNode(value) && value.type === 'Identifier' ? String(value['name']) : undefined;

function literalText(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Literal' && typeof value['value'] === 'string') return value['value'];
  const quasis = value['quasis'] as readonly { value: { cooked: string } }[] | undefined;
  return value.type === 'TemplateLiteral' && quasis?.length === 1 ? quasis[0]?.value.cooked : undefined;
}

/** `Date.now` of `Date.now()`, `Date["now"]` or `globalThis.Date.now()`; `new Date` of `new Date()`. */
function globalName(node: Node): string | undefined {
  if (node.type === 'NewExpression' && (node['arguments'] as unknown[]).length === 0) {
    return identifierName(node['callee']) === 'Date' ? 'new Date' : undefined;
  }
  if (node.type === 'CallExpression' && identifierName(node['callee']) === 'Date') return 'Date';
  if (node.type !== 'MemberExpression') return undefined;
  const member = identifierName(node['property']) ?? literalText(node['property']);
  const object = node['object'];
  const owner =
    isNode(object) && object.type === 'MemberExpression' && identifierName(object['object']) === 'globalThis'
      ? identifierName(object['property'])
      : identifierName(object);
  return owner !== undefined && member !== undefined ? `${owner}.${member}` : undefined;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (isNode(value)) {
    visit(value);
    for (const child of Object.values(value)) walk(child, visit);
  }
}

/** Reads a file of TypeScript by its syntax tree, so that words in comments and texts count for nothing. */
export function readSource(path: string, text: string): SourceFile {
  const imports: Import[] = [];
  const computedImports: number[] = [];
  const anys: number[] = [];
  const globals: { name: string; line: number }[] = [];
  const declarations: { name: string; line: number }[] = [];
  walk(parseAst(text, { lang: 'ts' }, path).body, (node) => {
    const line = text.slice(0, node.start).split('\n').length;
    if (moduleTypes.has(node.type) && node['source'] !== null) {
      const specifier = literalText(node['source']);
      if (specifier === undefined) computedImports.push(line);
      else imports.push({ specifier, line });
    }
    if (node.type === 'TSAnyKeyword') anys.push(line);
    if (declarationTypes.has(node.type)) declarations.push({ name: identifierName(node['id']) ?? '', line });
    const name = globalName(node);
    if (name !== undefined) globals.push({ name, line });
  });
  const lineCount = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return { path, lineCount, imports, computedImports, anys, globals, declarations };
}
