import ts from 'typescript'
import { readText } from './repository.js'

/** A file of the repository, parsed. */
export function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readText(path), ts.ScriptTarget.ES2023, true)
}

/** A node and everything below it. */
export function* walk(node: ts.Node): Generator<ts.Node> {
  yield node
  for (const child of node.getChildren()) yield* walk(child)
}

/** `path:line` of a node. */
export function place(node: ts.Node): string {
  const file = node.getSourceFile()
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}

/** Whether a node is evaluated when its module is imported, rather than when a function is called. */
export function runsAtImport(node: ts.Node): boolean {
  for (let outer = node.parent; outer !== undefined; outer = outer.parent) {
    if (ts.isFunctionLike(outer)) return false
  }
  return true
}

/** The number of lines that a node covers. */
export function linesOf(node: ts.Node): number {
  const file = node.getSourceFile()
  const line = (position: number) => file.getLineAndCharacterOfPosition(position).line
  return line(node.getEnd()) - line(node.getStart()) + 1
}
