import { Lexer, Parser, parse } from 'yaml'

/** Deepest value of a file. No tool writes deeper ones. */
const MAX_DEPTH = 100

/**
 * Parses YAML that others wrote; JSON is YAML too.
 *
 * @throws YAMLError or ReferenceError if the text is not YAML; RangeError if it is nested too deeply
 */
export function parseYaml(text: string): unknown {
  // `parse` visits values by recursion, and V8 ends the whole process if it compiles a pattern on a stack that is full.
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    Array.from(parser.next(lexeme))
    if (parser.stack.length > MAX_DEPTH) throw new RangeError(`nested more than ${MAX_DEPTH} deep`)
  }
  // Keys that are objects take time without bound, and no tool writes them.
  return parse(text, { stringKeys: true, logLevel: 'error' })
}
