import { posix } from 'node:path'
import ts from 'typescript'
import { parse, walk } from './syntax.js'

/** One import of a file. */
export interface Import {
  readonly file: string
  /** As written. */
  readonly specifier: string
  /** The file that it leads to, for one of TypeScript inside the package. */
  readonly target: string | undefined
  /** Whether nothing is loaded until the place of the import is reached: `await import(…)`, or types alone. */
  readonly lazy: boolean
}

/** What a file imports, in any of the ways there are. */
export function importsOf(file: string): readonly Import[] {
  return [...walk(parse(file))].flatMap((node) => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return []
    const isOurs = /^\..*\.js$/.test(specifier)
    const target = isOurs ? posix.join(posix.dirname(file), specifier.replace(/\.js$/, '.ts')) : undefined
    return [{ file, specifier, target, lazy: isLazy(node) }]
  })
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal)
  return isDynamicImport(node) ? textOf(node.arguments[0]) : undefined
}

function isDynamicImport(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
}

function isLazy(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause
    return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || areTypes(clause?.namedBindings)
  }
  if (ts.isExportDeclaration(node)) return node.isTypeOnly || areTypes(node.exportClause)
  return true
}

/** Whether each of the names in braces is a type. */
function areTypes(names: ts.Node | undefined): boolean {
  if (names === undefined || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return false
  return names.elements.length > 0 && [...names.elements].every(({ isTypeOnly }) => isTypeOnly)
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteral(node) ? node.text : undefined
}
