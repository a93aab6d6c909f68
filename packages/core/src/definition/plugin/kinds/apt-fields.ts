import { textsOf } from '../../../model/json-fields.js'
import { isTexts, textIssues } from './field-checks.js'
import { keyIssues } from './openpgp-key.js'

/**
 * A field of a line in sources.list, or an argument of a program. A space, line break or bracket could add an option
 * such as `[trusted=yes]`, and so could a leading dash.
 */
const WORD = /^[A-Za-z0-9][\w.~+/-]*$/
/**
 * A package name, optionally with an architecture, and a version or suite. @see
 * https://manpages.debian.org/bookworm/apt/apt-get.8.en.html
 */
const PACKAGE = /^[a-z0-9][a-z0-9+.-]*(?::[a-z0-9-]+)?(?:[=/][A-Za-z0-9][\w.:+~-]*)?$/
const MIRROR = /^https?:\/\/[^\s#"[\]\p{Cc}]+$/u

const VARIANTS = ['minbase', 'essential', 'apt', 'important', 'standard']

type Data = Readonly<Record<string, unknown>>

/** Returns the issues of the archives beside the main one of an `apt` base. */
export function overlayIssues(overlays: unknown): readonly string[] {
  if (overlays === undefined) return []
  if (!Array.isArray(overlays)) return ['overlays must be a list']
  return overlays.flatMap((overlay: unknown, at) => {
    const data = Object(overlay) as Data
    const { mirror, components, keyring } = data
    const texts = ['distribution', 'suite'].flatMap((name) =>
      typeof data[name] === 'string' && isWord(data[name])
        ? []
        : [`${name} ${JSON.stringify(data[name])} is not valid`],
    )
    const areWords = isTexts(components) && components.length > 0 && components.every(isWord)
    const issues = [
      ...texts,
      ...[mirrorIssue(mirror) ?? []].flat(),
      ...(areWords ? [] : ['components must be a list with at least one name']),
      ...(keyring === undefined && data['keys'] === undefined ? ['keyring or keys must be set'] : []),
      ...(keyring === undefined ? [] : textIssues(data, 'keyring')),
      ...keyIssues(data['keys']),
    ]
    return issues.map((issue) => `overlays[${at}]: ${issue}`)
  })
}

/** Returns the issues of the fields of an `apt` base; types are checked elsewhere. */
export function aptFieldIssues(data: Data): readonly string[] {
  const { mirror, variant } = data
  const single = ['distribution', 'suite', 'architecture'].map((name) => [name, data[name]] as const)
  const components = textsOf(data['components']).map((one) => ['components', one] as const)
  return [
    ...[...single, ...components].flatMap(([name, value]) =>
      typeof value !== 'string' || value === '' || isWord(value)
        ? []
        : [`${name}: ${JSON.stringify(value)} is not valid`],
    ),
    ...textsOf(data['packages']).flatMap((one) => packageIssue(one) ?? []),
    ...[mirror].flatMap((one) => (one === undefined ? [] : (mirrorIssue(one) ?? []))),
    ...(typeof variant !== 'string' || variant === '' || VARIANTS.includes(variant)
      ? []
      : [`variant must be one of ${VARIANTS.join(', ')}`]),
  ]
}

/**
 * Returns the issue of an archive's URL.
 *
 * @example
 * ```ts
 * issues: ({ mirror }) => [mirrorIssue(mirror)].filter((issue) => issue !== undefined),
 * ```
 */
export function mirrorIssue(mirror: unknown): string | undefined {
  if (typeof mirror === 'string' && MIRROR.test(mirror) && URL.canParse(mirror)) return undefined
  return `mirror ${JSON.stringify(mirror)} is not an http or https URL`
}

/** Returns the issue of a package name. */
export function packageIssue(name: unknown): string | undefined {
  if (typeof name === 'string' && PACKAGE.test(name)) return undefined
  return `package ${JSON.stringify(name)} is not valid`
}

function isWord(value: string): boolean {
  return WORD.test(value) && !value.split('/').includes('..')
}
