import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { repositoryFiles, SOURCES } from './repository.js'
import { isFunctionWithBody, linesOf, parse, place, runsAtImport, walk } from './syntax.js'

const nodes = repositoryFiles(SOURCES)
  .map(parse)
  .flatMap((file) => [...walk(file)])
const functions = nodes.filter(isFunctionWithBody)

describe('the code of the packages', () => {
  test('exports by name: no default, no `export *`', () => {
    const wrong = nodes.filter((node) => isDefaultExport(node) || isExportOfEverything(node))
    expect(wrong.map(place)).toEqual([])
  })

  test('limits time by timeLimit, since Node 20 may collect the signal of AbortSignal.timeout', () => {
    const wrong = nodes.filter(
      (node) => ts.isPropertyAccessExpression(node) && node.getText() === 'AbortSignal.timeout',
    )
    expect(wrong.map(place)).toEqual([])
  })

  test('prints nothing', () => {
    const wrong = nodes.filter((node) => ts.isPropertyAccessExpression(node) && node.expression.getText() === 'console')
    expect(wrong.map(place)).toEqual([])
  })

  test('reads no environment when it is imported', () => {
    const wrong = nodes.filter(
      (node) => ts.isPropertyAccessExpression(node) && node.getText() === 'process.env' && runsAtImport(node),
    )
    expect(wrong.map(place)).toEqual([])
  })

  test('keeps no state in modules: no `let` outside of functions', () => {
    const wrong = nodes.filter(
      (node) =>
        ts.isVariableDeclarationList(node) &&
        (node.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Let &&
        runsAtImport(node),
    )
    expect(wrong.map(place)).toEqual([])
  })

  test('has short functions: nine of ten have at most 30 lines', () => {
    const lengths = functions.map(linesOf).sort((a, b) => a - b)
    expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThanOrEqual(30)
  })

  test('has no function of more than 60 lines', () => {
    expect(functions.filter((node) => linesOf(node) > 60).map(place)).toEqual([])
  })

  test('has no function of more than four parameters: beyond that, they are an object', () => {
    const counts = nodes.filter(ts.isFunctionLike).map((node) => [place(node), node.parameters.length] as const)
    expect(Math.max(...counts.map(([, count]) => count))).toBe(4)
    expect(counts.filter(([, count]) => count > 4)).toEqual([])
  })

  test('names every kind of event in a switch over events, so that the compiler finds the places of a new one', () => {
    const switches = nodes.filter(
      (node) => ts.isSwitchStatement(node) && /^(event|event\.event)\.kind$/.test(node.expression.getText()),
    )
    expect(switches.length).toBeGreaterThan(4)
    // The default of the outer switch hands what is left to a function whose own switch names them.
    const open = switches.filter((node) => !/default:.*(satisfies never|\w+\(event\))/s.test(node.getText()))
    expect(open.map(place)).toEqual([])
  })
})

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true
  if (ts.isExportSpecifier(node)) return node.name.text === 'default'
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : []
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
}

function isExportOfEverything(node: ts.Node): boolean {
  return ts.isExportDeclaration(node) && (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause))
}
