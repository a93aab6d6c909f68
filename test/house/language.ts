import ts from 'typescript'
import { readText } from './repository.js'
import { parse, walk } from './syntax.js'

/** A text with at least two words, as opposed to a code, a path or a key. */
const PROSE = /[a-z]{2,},? [a-z(']/i

/** The literal texts of a file that people may read: strings and the fixed parts of templates. */
export function textsOf(path: string): readonly string[] {
  return [...walk(parse(path))]
    .filter(
      (node) =>
        ts.isStringLiteral(node) ||
        ts.isNoSubstitutionTemplateLiteral(node) ||
        ts.isTemplateHead(node) ||
        ts.isTemplateMiddle(node) ||
        ts.isTemplateTail(node),
    )
    .map((node) => node.text)
    .filter((text) => PROSE.test(text) && !text.includes('BEGIN PGP') && !text.includes('syntax = "proto3"'))
}

/** A comment; `//` in a string, as in an address, has no blank around it. */
const COMMENT = /\/\*.*?\*\/|(?<=^|\s)\/\/ [^\n]*/gms

/** The comments of a file, without the code that they quote. */
export function commentsOf(path: string): readonly string[] {
  const comments = readText(path).match(COMMENT) ?? []
  return comments.map((comment) => comment.replace(/```.*?```|`[^`]*`/gs, ''))
}

/** The names that a file declares: functions, classes, interfaces, types, variables and properties. */
export function declaredNames(path: string): readonly string[] {
  return [...walk(parse(path))].flatMap((node) => {
    const name =
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isPropertySignature(node) ||
      ts.isMethodDeclaration(node)
        ? node.name
        : undefined
    return name !== undefined && ts.isIdentifier(name) ? [name.text] : []
  })
}

/** Whether a node gives a hint its text: `hint: …`, a constant or a function with that word in its name. */
function isHint(node: ts.Node): boolean {
  if (ts.isFunctionDeclaration(node)) return /hint/i.test(node.name?.text ?? '')
  return (
    (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) && /^hints?$|hint$/i.test(node.name.getText())
  )
}

/** The hints of a file, as they are written; values in templates are `…`. */
export function hintsOf(path: string): readonly string[] {
  return [...walk(parse(path))]
    .filter(isHint)
    .flatMap((node) =>
      [...walk(node)].flatMap((one) => {
        if (ts.isStringLiteral(one) || ts.isNoSubstitutionTemplateLiteral(one)) return [one.text]
        return ts.isTemplateExpression(one)
          ? [[one.head.text, ...one.templateSpans.map(({ literal }) => literal.text)].join('…')]
          : []
      }),
    )
    .filter((text) => PROSE.test(text))
}
