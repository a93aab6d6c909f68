import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { isReserved } from '../definition/compile/plugin-reading.js'
import type { BaseAnswer } from '../definition/plugin/base-source.js'
import { madeBase } from '../definition/plugin/kinds/made-base.js'
import type { AnyBase, BaseIssue, Bases, OptionsOf, Plugin } from '../definition/plugin/plugin.js'
import { PLUGIN_CONTRACT } from '../definition/plugin/plugin.js'
import type { ArchiveState } from '../definition/plugin/rootfs-kind.js'
import { canonicalJson } from '../model/oci.js'
import { formatPlatform, KNOWN_ARCHITECTURES, parsePlatform } from '../model/platform.js'
import { issuesText, platformOf, requestBase, requestWithoutIo, tryPlatform } from './base-request.js'

/** One test, for any test runner: `test(name, run)`. `run` throws if the plugin violates the contract. */
export interface ContractTest {
  readonly name: string
  readonly run: () => void
}

/** Options that the base must reject. */
export interface RejectedCase {
  readonly platform: string
  readonly options: Readonly<Record<string, unknown>>
  /** The option that the issue must name; if not set, the issue is the platform's. */
  readonly option?: string
}

/** Options with which a base is tested. */
export interface ContractCases<Options extends object = object> {
  /** Options to try on every listed platform: one of each release, source and flavor. */
  readonly accepted: readonly Options[]
  readonly rejected?: readonly RejectedCase[]
}

/**
 * Returns the tests that every plugin must pass; they need no network.
 * They check that the plugin fulfils the contract, that its bases are valid for every platform that they list, that it
 * is pure, and that it rejects what it should.
 *
 * @param create - creates the plugin; called more than once.
 * @param cases - options to test each base with.
 * @example
 * ```ts
 * const tests = pluginContract(() => alpine(), {
 *   alpine: {
 *     accepted: [{}, { release: '3.21' }],
 *     rejected: [{ platform: 'linux/amd64', options: { release: '2.0' }, option: 'release' }],
 *   },
 * })
 * for (const { name, run } of tests) test(name, run)
 * ```
 */
export function pluginContract<B extends Bases>(
  create: () => Plugin<B>,
  cases: { readonly [Name in keyof B & string]: ContractCases<OptionsOf<B[Name]>> },
): readonly ContractTest[] {
  const plugin = create()
  const byName: Readonly<Record<string, ContractCases>> = cases
  return [
    {
      name: `is a plugin of contract ${PLUGIN_CONTRACT}, with the name of an npm package`,
      run: () => isPlugin(plugin),
    },
    ...Object.entries(plugin.bases).flatMap(([name, base]) =>
      baseTests(create, name, base, byName[name] ?? { accepted: [] }),
    ),
    ...Object.keys(plugin.aliases).map((word) => ({
      name: `has the base of the platform alias '${word}'`,
      run: () => hasBaseOfAlias(plugin, word),
    })),
  ]
}

function isPlugin(plugin: Plugin): void {
  strictEqual(plugin.kind, 'plugin')
  strictEqual(plugin.contract, PLUGIN_CONTRACT)
  match(plugin.name, /^(@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/, 'the name is not one of an npm package')
  ok(Object.keys(plugin.bases).length > 0, 'it has no base')
}

type Test = readonly [name: string, run: () => void]

function baseTests(
  create: () => Plugin,
  name: string,
  base: AnyBase,
  { accepted, rejected = [] }: ContractCases,
): readonly ContractTest[] {
  const tests: readonly Test[] = [
    ['lists its platforms once each, in normal form', () => listsPlatforms(base)],
    ['has no option that platform(...) reserves', () => deepStrictEqual(base.optionNames.filter(isReserved), [])],
    ...accepted.map(
      (options): Test => [`is valid with ${JSON.stringify(options)}`, () => isWellFormed(create(), name, options)],
    ),
    ['supports every platform that it lists', () => hasPlatforms(create(), name, accepted)],
    ['supports no other platform', () => hasNoOther(create(), name)],
    ['rejects an unknown option', () => refusesUnknown(create(), name)],
    ...rejected.map(
      (one): Test => [
        `rejects ${one.platform} with ${JSON.stringify(one.options)}`,
        () => refuses(create(), name, one),
      ],
    ),
    ['returns the source for the requested platform', () => fitsPlatforms(create(), name, accepted)],
    ['is pure: returns the same each time, from its options only', () => isPure(create, name, accepted)],
    ['returns plain data', () => isPlainData(create(), name, accepted)],
    ['names and keys the bases that it makes itself', () => hasSoundKinds(create(), name, accepted)],
  ]
  return tests.map(([what, run]) => ({ name: `${name} ${what}`, run }))
}

function listsPlatforms({ platforms }: AnyBase): void {
  const normal = platforms.map((text) => {
    const parsed = parsePlatform(text)
    return parsed && formatPlatform(parsed)
  })
  deepStrictEqual(platforms, normal, 'platforms are not in normal form')
  strictEqual(new Set(platforms).size, platforms.length, 'a platform is listed twice')
}

/** Each case must be accepted for at least one platform: not every release has all of them. */
function isWellFormed(plugin: Plugin, name: string, options: object): void {
  const tried = platformsOf(plugin, name).map((text) => ({ text, issues: tryPlatform(plugin, name, text, options) }))
  const broken = tried.filter(({ issues }) => issues.some(({ hint }) => hint?.startsWith('report it to the author')))
  ok(broken.length === 0, broken.map(({ issues }) => issuesText(issues)).join('\n'))
  ok(
    tried.some(({ issues }) => issues.length === 0),
    tried.map(({ text, issues }) => `${text}: ${issuesText(issues)}`).join('\n'),
  )
}

function hasPlatforms(plugin: Plugin, name: string, accepted: readonly object[]): void {
  const missing = platformsOf(plugin, name).filter((text) =>
    accepted.every((options) => tryPlatform(plugin, name, text, options).length > 0),
  )
  deepStrictEqual(missing, [], 'it lists platforms that no accepted options support')
}

function hasNoOther(plugin: Plugin, name: string): void {
  const listed = platformsOf(plugin, name)
  const words = [...KNOWN_ARCHITECTURES, 'arm/v5', 'arm/v6']
  const others = words.map((word) => formatPlatform(platformOf(`linux/${word}`)))
  const wrong = others.filter((text) => !listed.includes(text) && tryPlatform(plugin, name, text, {}).length === 0)
  deepStrictEqual(wrong, [])
}

function refusesUnknown(plugin: Plugin, name: string): void {
  const [platform = 'linux/amd64'] = platformsOf(plugin, name)
  const issues = tryPlatform(plugin, name, platform, { noSuchOption: true })
  ok(
    issues.some(({ path }) => path.endsWith('.noSuchOption')),
    issuesText(issues),
  )
}

function refuses(plugin: Plugin, name: string, { platform, options, option }: RejectedCase): void {
  const issues = tryPlatform(plugin, name, platform, options)
  ok(issues.length > 0, 'it is accepted')
  const named = issues.map(({ path }) => /\.([^.\]]+)$/.exec(path.replace(/^.*\]/, ''))?.[1])
  ok(named.includes(option), `the issue is not on ${option ?? 'the platform'}: ${issuesText(issues)}`)
}

/**
 * Finds package architectures of other machines, and archives that two platforms share: the typical mistakes in a
 * table.
 */
function fitsPlatforms(plugin: Plugin, name: string, accepted: readonly object[]): void {
  for (const options of accepted) {
    const answers = platformsOf(plugin, name).map((text) => ({
      text,
      answer: requestBase(plugin, name, text, options),
    }))
    for (const { text, answer } of answers) fitsArchitecture(text, answer)
    const archives = answers.flatMap(({ text, answer }) =>
      'kind' in answer && answer.kind === 'rootfs' ? [{ text, ...answer }] : [],
    )
    // Options are the user's responsibility, for the platform in question.
    const given = JSON.stringify(options)
    for (const field of ['location', 'sha256'] as const) {
      const values = archives.map((archive) => archive[field]).filter((value) => !given.includes(value))
      strictEqual(new Set(values).size, values.length, `two platforms have one ${field}: ${values.join(', ')}`)
    }
  }
}

function fitsArchitecture(platform: string, answer: BaseAnswer | BaseIssue | readonly BaseIssue[]): void {
  const made = 'kind' in answer && answer.kind !== 'issue' ? madeBase(answer) : undefined
  const architecture = made?.by.architecture(made.source)
  const expected = platformOf(platform).architecture
  ok(architecture === undefined || architecture === expected, `${platform} gets packages of ${architecture}`)
}

function isPure(create: () => Plugin, name: string, accepted: readonly object[]): void {
  const [first, second] = [create(), create()]
  for (const options of accepted) {
    for (const text of platformsOf(first, name)) {
      const answer = requestWithoutIo(first, name, text, options)
      deepStrictEqual(requestWithoutIo(first, name, text, options), answer)
      deepStrictEqual(requestWithoutIo(second, name, text, options), answer)
    }
  }
}

function isPlainData(plugin: Plugin, name: string, accepted: readonly object[]): void {
  for (const options of accepted) {
    for (const text of platformsOf(plugin, name)) {
      const answer = requestBase(plugin, name, text, options)
      // Pipelines and kinds have functions.
      const data = 'kind' in answer ? { ...answer, pipeline: undefined, by: undefined } : answer
      const plain = withoutUndefined(data)
      deepStrictEqual(JSON.parse(JSON.stringify(plain)), plain)
    }
  }
}

/** An archive state that does not occur. */
const STATE: ArchiveState = { date: '1', index: '0'.repeat(64) }

/** Values for plans, the lock and keys must be one line of text, or plain data, and the same in each run. */
function hasSoundKinds(plugin: Plugin, name: string, accepted: readonly object[]): void {
  for (const options of accepted) {
    for (const text of platformsOf(plugin, name)) {
      const answer = requestBase(plugin, name, text, options)
      if (!('kind' in answer) || answer.kind !== 'made') continue
      const { by, source } = answer
      const known = () => [
        by.describe(source),
        by.lockName(source),
        by.inputs(source, by.pinnedState?.(source) ?? STATE),
      ]
      for (const line of known().slice(0, 2)) match(String(line), /^[^\p{Cc}]+$/u, `${text}: a name is not one line`)
      deepStrictEqual(JSON.parse(JSON.stringify(known())), known())
      const inputs = canonicalJson(by.inputs(source, STATE)).toString()
      const other = canonicalJson(by.inputs(source, { ...STATE, index: '1'.repeat(64) })).toString()
      ok(by.pinnedState !== undefined || inputs !== other, `${text}: inputs do not contain the state of the archive`)
    }
  }
}

/** Without undefined values, which JSON omits. */
function withoutUndefined(data: object): object {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
}

function hasBaseOfAlias({ bases, aliases }: Plugin, word: string): void {
  const meaning = aliases[word]
  ok(
    meaning !== undefined && bases[meaning.base]?.platforms.includes(meaning.platform),
    `platform alias '${word}' has no base of this plugin`,
  )
}

function platformsOf(plugin: Plugin, name: string): readonly string[] {
  return plugin.bases[name]?.platforms ?? []
}
