import { dirname, join } from 'node:path'
import ts from 'typescript'
import { ROOT } from './repository.js'

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  noLib: true,
  types: [],
}

/** A declaration as users of a package see it: without bodies, initial values of fields, and what is private. */
const printer = ts.createPrinter({ removeComments: true })

/** Everything that can be imported from a module, as one text that changes whenever a type or signature does. */
export function publicApi(module: string): string {
  const path = join(ROOT, module)
  const program = ts.createProgram([path], OPTIONS, ownFilesOnly())
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(path)
  const entry = source && checker.getSymbolAtLocation(source)
  if (entry === undefined) throw new Error(`${module} exports nothing`)
  const exported = checker.getExportsOfModule(entry).map((symbol) => resolved(symbol, checker))
  const reached = reachableFrom(exported, checker)
  const hidden = [...reached].filter((symbol) => !exported.includes(symbol))
  return `${textOf(exported)}\n// Not exported, and seen in what is:\n\n${textOf(hidden)}`
}

/** Packages are left out: their types are theirs, and reading them takes longer than all else. */
function ownFilesOnly(): ts.CompilerHost {
  const host = ts.createCompilerHost(OPTIONS)
  return {
    ...host,
    resolveModuleNameLiterals: (literals, containing) =>
      literals.map(({ text }) => {
        if (!text.startsWith('.')) return { resolvedModule: undefined }
        const file = join(dirname(containing), text.replace(/\.js$/, '.ts'))
        return { resolvedModule: { resolvedFileName: file, extension: text.endsWith('.json') ? '.json' : '.ts' } }
      }),
  }
}

function resolved(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** The symbols and all that their declarations name, without what their bodies do. */
function reachableFrom(symbols: readonly ts.Symbol[], checker: ts.TypeChecker): ReadonlySet<ts.Symbol> {
  const reached = new Set<ts.Symbol>()
  const pending = [...symbols]
  for (let symbol = pending.pop(); symbol !== undefined; symbol = pending.pop()) {
    if (reached.has(symbol)) continue
    reached.add(symbol)
    for (const declaration of declarationsOf(symbol)) pending.push(...namedIn(declaration, checker))
  }
  return reached
}

function namedIn(declaration: ts.Node, checker: ts.TypeChecker): readonly ts.Symbol[] {
  const found: ts.Symbol[] = []
  const visit = (node: ts.Node): void => {
    if (isInside(node)) return
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node)
      const target = symbol && resolved(symbol, checker)
      if (target !== undefined && declarationsOf(target).length > 0) found.push(target)
    }
    // Where a type is written, the value is not seen.
    ts.forEachChild(ts.isVariableDeclaration(node) ? (node.type ?? node) : node, visit)
  }
  visit(declaration)
  return found
}

/** What a caller cannot see of a declaration. */
function isInside(node: ts.Node): boolean {
  const isPrivate = ts.isClassElement(node) && node.name !== undefined && ts.isPrivateIdentifier(node.name)
  return isPrivate || (ts.isBlock(node) && ts.isFunctionLike(node.parent))
}

/** Those at the top of a file: parameters and members are part of these. */
function declarationsOf(symbol: ts.Symbol): readonly ts.Node[] {
  return (symbol.declarations ?? []).flatMap((declaration): readonly ts.Node[] => {
    const whole = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
    return ts.isSourceFile(whole.parent) && !ts.isImportDeclaration(whole) ? [whole] : []
  })
}

function textOf(symbols: readonly ts.Symbol[]): string {
  const texts = symbols.flatMap((symbol) => declarationsOf(symbol).map((one) => [symbol.name, printed(one)] as const))
  return [...new Set(texts.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, text]) => `${text}\n`))].join(
    '\n',
  )
}

function printed(declaration: ts.Node): string {
  const { transformed } = ts.transform(declaration, [
    (context) => (root) => {
      const visit = (node: ts.Node): ts.Node | undefined => {
        if (isInside(node)) return undefined
        if (ts.isPropertyDeclaration(node) && node.type !== undefined) return withoutValue(node)
        if (ts.isVariableDeclaration(node) && node.type !== undefined) {
          return ts.factory.createVariableDeclaration(node.name, undefined, node.type)
        }
        return ts.visitEachChild(node, visit, context)
      }
      return ts.visitNode(root, visit) ?? root
    },
  ])
  return printer.printNode(ts.EmitHint.Unspecified, transformed[0] ?? declaration, declaration.getSourceFile())
}

function withoutValue({ modifiers, name, questionToken, type }: ts.PropertyDeclaration): ts.PropertyDeclaration {
  return ts.factory.createPropertyDeclaration(modifiers, name, questionToken, type, undefined)
}
