import ts from 'typescript'
import { readText } from './repository.js'

const parsed = new Map<string, ts.SourceFile>()

/** A file of the repository, parsed once. */
export function parse(path: string): ts.SourceFile {
  const file = parsed.get(path) ?? ts.createSourceFile(path, readText(path), ts.ScriptTarget.ES2023, true)
  parsed.set(path, file)
  return file
}

/** A node and everything below it. */
export function* walk(node: ts.Node): Generator<ts.Node> {
  yield node
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => {
    children.push(child)
  })
  for (const child of children) yield* walk(child)
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

/** Whether a node is a function with a body. */
export function isFunctionWithBody(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

/** The number of lines that a node covers. */
export function linesOf(node: ts.Node): number {
  const file = node.getSourceFile()
  const line = (position: number) => file.getLineAndCharacterOfPosition(position).line
  return line(node.getEnd()) - line(node.getStart()) + 1
}
