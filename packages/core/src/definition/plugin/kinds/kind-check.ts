import { isJsonObject } from '../../../model/json-fields.js'
import type { RootfsKind } from '../rootfs-kind.js'
import { isTexts, textIssues } from './field-checks.js'

const NAME = /^[a-z][a-z0-9-]*$/

/** Names that a lock uses for something else. */
const RESERVED = ['apt', 'base', 'image', 'rootfs']

const METHODS = [
  'issues',
  'describe',
  'architecture',
  'lockName',
  'inputs',
  'load',
] as const satisfies readonly (keyof RootfsKind)[]

/** Returns the issues of a plugin's kind, which may be written without types. */
export function kindIssues(kind: unknown): readonly string[] {
  if (!isJsonObject(kind)) return ['by must be a kind of root file systems: an object']
  const { name, tools, pinnedState, keepsStates } = kind
  return [
    ...(typeof name === 'string' && NAME.test(name)
      ? []
      : ['by.name must consist of lower-case letters, digits and -']),
    ...(typeof name === 'string' && RESERVED.includes(name) ? [`by.name '${name}' is reserved`] : []),
    ...(Array.isArray(tools) ? tools.flatMap(toolIssues) : ['by.tools must be a list']),
    ...METHODS.filter((method) => typeof kind[method] !== 'function').map(
      (method) => `by.${method} must be a function`,
    ),
    ...(pinnedState === undefined || typeof pinnedState === 'function' ? [] : ['by.pinnedState must be a function']),
    ...(keepsStates === undefined || typeof keepsStates === 'boolean' ? [] : ['by.keepsStates must be true or false']),
  ]
}

function toolIssues(tool: unknown, at: number): readonly string[] {
  if (!isJsonObject(tool)) return [`by.tools[${at}] must be an object`]
  const { alternatives } = tool
  return [
    ...textIssues(tool, 'program', 'package'),
    ...(alternatives === undefined || isTexts(alternatives) ? [] : ['alternatives must be a list of strings']),
  ].map((issue) => `by.tools[${at}].${issue}`)
}
