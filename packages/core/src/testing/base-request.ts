import { compile } from '../definition/compile/compile.js'
import { pipeline } from '../definition/declare/pipeline.js'
import { platform } from '../definition/declare/platform-declaration.js'
import type { Base, Plugin } from '../definition/plugin/plugin.js'
import { DefinitionError, type Issue } from '../model/errors.js'
import { type Platform, parsePlatform } from '../model/platform.js'
import { withoutModules } from './refused-modules.js'

type Answer = ReturnType<Base['source']>

/** Parses a platform. @throws TypeError if it is not valid */
export function platformOf(text: string): Platform {
  const parsed = parsePlatform(text)
  if (parsed === undefined) throw new TypeError(`'${text}' is not a platform`)
  return parsed
}

/** Returns the issues of a pipeline of one platform with this base; empty if it is valid. */
export function tryPlatform(plugin: Plugin, base: string, text: string, options: object): readonly Issue[] {
  const tried = pipeline('registry.example.com/contract')
    .use(plugin)
    .platforms(platform(text, { base, ...options } as never))
  try {
    compile([tried])
    return []
  } catch (error) {
    if (error instanceof DefinitionError) return error.issues
    throw error
  }
}

/** Formats issues as lines for the plugin's author, without the hint to report them to the author. */
export function issuesText(issues: readonly Issue[]): string {
  return issues
    .map(({ path, message, hint = '' }) => {
      const isForUser = hint === '' || hint.startsWith('report it to the author')
      return `${path}: ${message}${isForUser ? '' : `; hint: ${hint}`}`
    })
    .join('\n')
}

/** Calls the base without the core's validation. */
export function requestBase(plugin: Plugin, base: string, text: string, options: object): Answer {
  const found = plugin.bases[base]
  if (found === undefined) throw new TypeError(`base '${base}' does not exist`)
  return found.source(
    Object.freeze({ platform: Object.freeze(platformOf(text)), options: Object.freeze({ ...options }) }),
  )
}

/** Calls the base with the clock, random numbers, files, processes, the network and the environment disabled. */
export function requestWithoutIo(plugin: Plugin, base: string, text: string, options: object): Answer {
  const { now } = Date
  const { random } = Math
  const { fetch } = globalThis
  const { env } = process
  const refuse = (what: string) => (): never => {
    throw new Error(`a base uses ${what}; it may use only the platform and its options`)
  }
  Date.now = refuse('the clock')
  Math.random = refuse('random numbers')
  globalThis.fetch = refuse('the network')
  process.env = new Proxy({}, { get: refuse('the environment') })
  try {
    return withoutModules(refuse, () => requestBase(plugin, base, text, options))
  } finally {
    Object.assign(Date, { now })
    Object.assign(Math, { random })
    Object.assign(globalThis, { fetch })
    process.env = env
  }
}
