import { Code, codeOf } from '../code.js'
import { texts } from './bake-file.js'

/** `index,manifest[linux/amd64]:name=value`; the levels and the platform are optional. */
const ANNOTATION =
  /^(?:((?:index|manifest|index-descriptor|manifest-descriptor)(?:\[[^\]]*\])?(?:,[a-z-]+(?:\[[^\]]*\])?)*):)?([^=]+)=(.*)$/s

const LEVELS: Readonly<Record<string, string>> = {
  index: 'index',
  manifest: 'manifest',
  'manifest-descriptor': 'manifestDescriptor',
}

interface Annotation {
  readonly level: string
  readonly platform?: string
  readonly name: string
  readonly value: string
}

/** Reads bake's annotations as the argument of `annotations(...)`; undefined if there are none. */
export function importAnnotations(
  value: unknown,
  note: (text: string) => void,
): Readonly<Record<string, unknown>> | undefined {
  const all = texts(value).flatMap((text) => readAnnotation(text, note))
  if (all.length === 0) return undefined
  const levels = Object.values(LEVELS).map(
    (level) => [level, levelOf(all.filter((one) => one.level === level))] as const,
  )
  return Object.fromEntries(levels.filter(([, content]) => content !== undefined))
}

function readAnnotation(text: string, note: (text: string) => void): readonly Annotation[] {
  const [, levels = 'manifest', name = '', value = ''] = ANNOTATION.exec(text) ?? []
  if (name === '') {
    note(`the annotation '${text}' cannot be read`)
    return []
  }
  return levels.split(',').flatMap((written) => {
    const [, word = '', platform] = /^([a-z-]+)(?:\[(.*)\])?$/.exec(written) ?? []
    const level = LEVELS[word]
    if (level !== undefined) return [{ level, name, value, ...(platform !== undefined && { platform }) }]
    note(`annotations of '${word || written}' have no counterpart: ${name}=${value}`)
    return []
  })
}

/** The property of an object that is written; a long one is on lines of its own. */
function propertyText(object: string): string {
  return object.startsWith('{ ') ? object.slice(2, -2) : `...${object}`
}

function levelOf(all: readonly Annotation[]): unknown {
  if (all.length === 0) return undefined
  const common = all.filter(({ platform }) => platform === undefined).map(({ name, value }) => [name, value] as const)
  const ofPlatform = all.filter(({ platform }) => platform !== undefined)
  if (ofPlatform.length === 0) return Object.fromEntries(common)
  const parts = [
    ...common.map(([name, value]) => propertyText(codeOf({ [name]: value }))),
    ...ofPlatform.map(
      ({ platform, name, value }) =>
        `...(formatPlatform(platform) === ${codeOf(platform)} && ${codeOf({ [name]: value })})`,
    ),
  ]
  return new Code(`(platform) => ({ ${parts.join(', ')} })`)
}
