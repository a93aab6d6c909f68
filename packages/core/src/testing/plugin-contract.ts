import { AssertionError, deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
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
  strictEqual(plugin.kind, 'plugin', "the plugin has no kind 'plugin': create it with definePlugin(…)")
  const versions = `the plugin has version ${plugin.contract} of the contract, and @polyarch/core has ${PLUGIN_CONTRACT}`
  strictEqual(plugin.contract, PLUGIN_CONTRACT, `${versions}: install versions that match`)
  const name = /^(@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/
  match(plugin.name, name, `'${plugin.name}' is not the name of an npm package: use the name in package.json`)
  ok(Object.keys(plugin.bases).length > 0, "the plugin has no base: add one to 'bases'")
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
    ['has no option that platform(...) reserves', () => hasNoReserved(base)],
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
  for (const text of platforms) {
    const parsed = parsePlatform(text)
    const normal = parsed && formatPlatform(parsed)
    ok(normal === text, `'${text}' is not a platform in normal form: write '${normal ?? 'linux/arm/v7'}'`)
  }
  const twice = platforms.filter((text, at) => platforms.indexOf(text) !== at)
  ok(twice.length === 0, `a platform is listed twice: remove one ${twice.join(', ')}`)
}

function hasNoReserved({ optionNames }: AnyBase): void {
  const reserved = optionNames.filter(isReserved)
  ok(reserved.length === 0, `platform(…) reserves the option ${reserved.join(', ')}: use another name`)
}

/** Fails with a message that says what to do, and the difference. */
function requireEqual(actual: unknown, expected: unknown, message: string): void {
  try {
    deepStrictEqual(actual, expected)
  } catch (error) {
    throw new AssertionError({ message: `${message}\n${(error as Error).message}`, actual, expected })
  }
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
  const hint = "remove it from 'platforms', or add options that it supports to 'accepted'"
  ok(missing.length === 0, `no accepted options support ${missing.join(', ')}: ${hint}`)
}

function hasNoOther(plugin: Plugin, name: string): void {
  const listed = platformsOf(plugin, name)
  const words = [...KNOWN_ARCHITECTURES, 'arm/v5', 'arm/v6']
  const others = words.map((word) => formatPlatform(platformOf(`linux/${word}`)))
  const wrong = others.filter((text) => !listed.includes(text) && tryPlatform(plugin, name, text, {}).length === 0)
  ok(wrong.length === 0, `platforms that are not listed are accepted: add ${wrong.join(', ')} to 'platforms'`)
}

function refusesUnknown(plugin: Plugin, name: string): void {
  const [platform = 'linux/amd64'] = platformsOf(plugin, name)
  const issues = tryPlatform(plugin, name, platform, { noSuchOption: true })
  ok(
    issues.some(({ path }) => path.endsWith('.noSuchOption')),
    `no issue names the unknown option 'noSuchOption': ${issuesText(issues) || 'it is accepted'}`,
  )
}

function refuses(plugin: Plugin, name: string, { platform, options, option }: RejectedCase): void {
  const issues = tryPlatform(plugin, name, platform, options)
  ok(issues.length > 0, 'the base accepts it: return an issue from source, or validate the option in its schema')
  const named = issues.map(({ path }) => /\.([^.\]]+)$/.exec(path.replace(/^.*\]/, ''))?.[1])
  const hint = option === undefined ? "return an issue without 'option'" : `return an issue with option: '${option}'`
  ok(named.includes(option), `no issue is on ${option ?? 'the platform'}: ${hint}. Issues:\n${issuesText(issues)}`)
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
      strictEqual(
        new Set(values).size,
        values.length,
        `two platforms have the same ${field}, compare your table: ${values.join(', ')}`,
      )
    }
  }
}

function fitsArchitecture(platform: string, answer: BaseAnswer | BaseIssue | readonly BaseIssue[]): void {
  const made = 'kind' in answer && answer.kind !== 'issue' ? madeBase(answer) : undefined
  const architecture = made?.by.architecture(made.source)
  const expected = platformOf(platform).architecture
  ok(
    architecture === undefined || architecture === expected,
    `${platform} gets packages of ${architecture}: return those of ${expected}`,
  )
}

function isPure(create: () => Plugin, name: string, accepted: readonly object[]): void {
  const [first, second] = [create(), create()]
  for (const options of accepted) {
    for (const text of platformsOf(first, name)) {
      const answer = requestWithoutIo(first, name, text, options)
      const message = `${text}: source returns another result when it is called again: use the platform and the options only`
      requireEqual(requestWithoutIo(first, name, text, options), answer, message)
      requireEqual(requestWithoutIo(second, name, text, options), answer, message)
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
      const message = `${text}: the result has values that JSON lacks: return strings, numbers, booleans, lists and objects`
      requireEqual(JSON.parse(JSON.stringify(plain)), plain, message)
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
      for (const line of known().slice(0, 2)) {
        match(String(line), /^[^\p{Cc}]+$/u, `${text}: describe and lockName must return one line of text`)
      }
      const message = `${text}: describe, lockName and inputs must return plain data, the same each time`
      requireEqual(JSON.parse(JSON.stringify(known())), known(), message)
      const inputs = canonicalJson(by.inputs(source, STATE)).toString()
      const other = canonicalJson(by.inputs(source, { ...STATE, index: '1'.repeat(64) })).toString()
      ok(
        by.pinnedState !== undefined || inputs !== other,
        `${text}: inputs lack the state of the archive: add 'state' to their result`,
      )
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
    `platform alias '${word}' needs a base of this plugin that lists its platform`,
  )
}

function platformsOf(plugin: Plugin, name: string): readonly string[] {
  return plugin.bases[name]?.platforms ?? []
}
