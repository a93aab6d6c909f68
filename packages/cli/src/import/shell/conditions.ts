import type { Case, CaseItem, PipelineNode, TestExpression, Word } from 'unbash'
import { fieldsOf, matches, textOf, type Variables } from './words.js'

/** Whether a node is a test, as `[ "$arch" = arm ]`, which has no other effect. */
export function isTest(node: PipelineNode): boolean {
  if (node.type === 'Pipeline') return node.commands.every(isTest) && node.commands.length === 1
  if (node.type === 'TestCommand') return true
  return node.type === 'Command' && ['[', 'test'].includes(node.name?.text ?? '')
}

/** Evaluates a test; undefined if it depends on anything but values of the script, such as files. */
export function evaluateTest(node: PipelineNode, variables: Variables): boolean | undefined {
  if (node.type === 'Pipeline') {
    const [only, ...others] = node.commands
    const isNegated = node.prefixes.filter(({ type }) => type === 'Negation').length % 2 === 1
    const value = only === undefined || others.length > 0 ? undefined : evaluateTest(only, variables)
    return value === undefined ? undefined : value !== isNegated
  }
  if (node.type === 'TestCommand') return evaluateExpression(node.expression, variables)
  if (node.type !== 'Command' || !isTest(node) || node.redirects.length > 0) return undefined
  const words = node.args.map((one) => (one.type === 'Word' ? fieldsOf(one, variables) : undefined))
  if (!words.every((fields) => fields !== undefined)) return undefined
  const fields = words.flat()
  return evaluateFields(node.name?.text === '[' ? fields.slice(0, -1) : fields)
}

function evaluateFields([first = '', second, third, ...others]: readonly string[]): boolean | undefined {
  if (first === '!' && second !== undefined) {
    const value = evaluateFields([second, ...(third === undefined ? [] : [third]), ...others])
    return value === undefined ? undefined : !value
  }
  if (others.length > 0) return undefined
  if (third === undefined) return second === undefined ? first !== '' : evaluateLength(first, second)
  if (second === '=' || second === '==') return first === third
  return second === '!=' ? first !== third : undefined
}

function evaluateLength(operator: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined
  return operator === '-z' ? text === '' : operator === '-n' ? text !== '' : undefined
}

function evaluateExpression(expression: TestExpression, variables: Variables): boolean | undefined {
  switch (expression.type) {
    case 'TestUnary':
      return evaluateLength(expression.operator, textOf(expression.operand, variables))
    case 'TestBinary': {
      const left = textOf(expression.left, variables)
      if (left === undefined || !['=', '==', '!='].includes(expression.operator)) return undefined
      const isEqual = matches(left, expression.right, variables)
      return isEqual === undefined ? undefined : isEqual === (expression.operator !== '!=')
    }
    case 'TestLogical': {
      const values = expression.operands.map((one) => evaluateExpression(one, variables))
      if (values.includes(undefined)) return undefined
      return expression.operator === '&&' ? !values.includes(false) : values.includes(true)
    }
    case 'TestNot': {
      const value = evaluateExpression(expression.operand, variables)
      return value === undefined ? undefined : value !== (expression.negations.length % 2 === 1)
    }
    case 'TestGroup':
      return evaluateExpression(expression.expression, variables)
  }
}

/** The item of `case` that is run, or none; `isKnown` is false if a value or a pattern is not known. */
export function chosenItem(
  { word, items }: Case,
  variables: Variables,
): { readonly isKnown: boolean; readonly item?: CaseItem } {
  const text = textOf(word, variables)
  if (text === undefined) return { isKnown: false }
  for (const item of items) {
    const found = item.pattern.map((one: Word) => matches(text, one, variables))
    if (found.includes(true)) return { isKnown: item.terminator === undefined || item.terminator === ';;', item }
    if (found.includes(undefined)) return { isKnown: false }
  }
  return { isKnown: true }
}
