import ts from 'typescript'

/** Functions that a written `build.ts` calls. */
const FUNCTIONS = new Set(['assemble', 'execute', 'fromImage', 'formatPlatform', 'main', 'pipeline', 'platform', 'run'])
/** Methods that it calls. */
const METHODS = new Set([
  ...['annotations', 'build', 'catch', 'error', 'platformNames', 'platforms', 'sharedBase', 'tags'],
])
/** The only names that it reads and has not declared, beside those that it imports. */
const GLOBALS = new Set(['console', 'process'])
/** What it assigns to. */
const ASSIGNED = 'process.exitCode'

/**
 * Checks that text is TypeScript of the shape that importers write: imports of polyarch, constants, `run(…)` and calls
 * of `assemble`. Anything else would be text of the imported file that became code.
 *
 * @throws Error with the foreign code
 */
export function checkImportedCode(text: string): void {
  const file = ts.createSourceFile('build.ts', text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS)
  const [diagnostic] = (file as unknown as { readonly parseDiagnostics: readonly ts.Diagnostic[] }).parseDiagnostics
  if (diagnostic !== undefined) throw foreign(ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '), text)
  const declared = new Set<string>(GLOBALS)
  for (const statement of file.statements) checkStatement(statement, declared)
}

function checkStatement(statement: ts.Statement, declared: Set<string>): void {
  if (ts.isImportDeclaration(statement)) {
    const from = (statement.moduleSpecifier as ts.StringLiteral).text
    if (!/^@polyarch\/core(\/images|\/plugin)?$/.test(from)) throw foreign('import', statement.getText())
    return
  }
  if (!ts.isVariableStatement(statement) && !ts.isExpressionStatement(statement)) {
    throw foreign('statement', statement.getText())
  }
  checkNode(statement, declared)
}

function checkNode(node: ts.Node, declared: Set<string>): void {
  if (ts.isVariableDeclaration(node) || ts.isBindingElement(node) || ts.isParameter(node)) {
    if (ts.isIdentifier(node.name)) declared.add(node.name.text)
  }
  if (ts.isCallExpression(node)) checkCall(node)
  if (ts.isBinaryExpression(node)) checkOperator(node)
  if (FORBIDDEN.has(node.kind)) throw foreign(ts.SyntaxKind[node.kind], node.getText())
  if (ts.isIdentifier(node) && isRead(node) && !declared.has(node.text) && !FUNCTIONS.has(node.text)) {
    throw foreign('name', node.text)
  }
  ts.forEachChild(node, (child) => checkNode(child, declared))
}

const FORBIDDEN: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.NewExpression,
  ts.SyntaxKind.FunctionExpression,
  ts.SyntaxKind.TaggedTemplateExpression,
  ts.SyntaxKind.ImportKeyword,
  ts.SyntaxKind.DeleteExpression,
  ts.SyntaxKind.PrefixUnaryExpression,
  ts.SyntaxKind.PostfixUnaryExpression,
  ts.SyntaxKind.ThisKeyword,
  ts.SyntaxKind.ClassExpression,
  ts.SyntaxKind.RegularExpressionLiteral,
])

function checkCall({ expression }: ts.CallExpression): void {
  const isKnown = ts.isIdentifier(expression)
    ? FUNCTIONS.has(expression.text)
    : ts.isPropertyAccessExpression(expression) && METHODS.has(expression.name.text)
  if (!isKnown) throw foreign('call', expression.getText())
}

function checkOperator({ operatorToken, left }: ts.BinaryExpression): void {
  const isTest = [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.AmpersandAmpersandToken].includes(
    operatorToken.kind,
  )
  const isAssignment = operatorToken.kind === ts.SyntaxKind.EqualsToken && left.getText() === ASSIGNED
  if (!isTest && !isAssignment) throw foreign('operator', operatorToken.getText())
}

/** Whether an identifier is a value, not the name of a property or of a declaration. */
function isRead(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  if (ts.isTypeReferenceNode(parent)) return false
  return !(ts.isVariableDeclaration(parent) || ts.isBindingElement(parent) || ts.isParameter(parent))
}

function foreign(what: string, text: string): Error {
  return new Error(`foreign code in a written build.ts: ${what}: ${text.slice(0, 200)}`)
}
