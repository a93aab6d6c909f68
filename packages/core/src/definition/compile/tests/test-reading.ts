import { fileURLToPath } from 'node:url'
import { localPath } from '../../declare/build-secrets.js'
import type {
  CommandTest,
  ExpectedText,
  ExpectedValue,
  FileTest,
  FunctionTest,
  MetadataTest,
  SizeTest,
  TestDefinition,
  TestMount,
  TestSettings,
  TextPattern,
} from '../../declare/image-test.js'
import { type Issues, suggest } from '../../issues.js'
import { readBytes } from '../build/build-checks.js'
import { INNER_FIELDS, readMode, readPort, TEST_FIELDS } from './test-checks.js'

/** Name of the test that a base's `check` is. */
const BASE_CHECK = 'base check'

/** Milliseconds that a test may take. */
const DEFAULT_TIMEOUT = 10 * 60_000

/** Paths of tests, for files and for messages. */
export interface TestPlace {
  /** Base of relative paths. */
  readonly directory: string
  readonly path: { readonly shared: string; readonly own: string }
  readonly issues: Issues
}

/**
 * Reads the tests of one platform.
 *
 * @param shared - tests of the pipeline; one of another version of this package may have none.
 * @param own - tests of the platform, which override those by name.
 * @param check - the command of the base.
 */
export function readTests(
  shared: readonly unknown[] = [],
  own: unknown,
  check: readonly string[] | undefined,
  { directory, path, issues }: TestPlace,
): readonly TestDefinition[] {
  const base: TestSettings = check === undefined ? {} : { [BASE_CHECK]: { command: check } }
  const all = new Map<string, TestDefinition | false | undefined>()
  for (const [settings, at] of [
    [base, path.own],
    ...shared.map((settings) => [settings, path.shared] as const),
    [own, path.own],
  ] as const) {
    if (settings === undefined) continue
    if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
      issues.add(at, 'must be an object of tests by name')
      continue
    }
    for (const [name, test] of Object.entries(settings)) {
      if (test === false && !all.has(name))
        issues.add(at, `no test '${name}' to remove`, suggest(name, [...all.keys()]))
      all.set(name, test === false ? false : readTest(name, test, { directory, path: at, issues }))
    }
  }
  return [...all.values()].filter((one) => one !== undefined && one !== false)
}

/** Tests are named in node ids, in messages and in JUnit's XML. */
const NAME = /^[^\s\p{C}](?:[^\p{C}]{0,98}[^\s\p{C}])?$/u

type Kind = keyof typeof TEST_FIELDS

function readTest(name: string, test: unknown, { directory, path: at, issues }: Place): TestDefinition | undefined {
  const path = `${at} '${name}'`
  if (!NAME.test(name))
    issues.add(path, 'the name of a test has 1 to 100 printable characters, without spaces around it')
  const written = typeof test === 'function' ? { run: test } : test
  if (typeof written !== 'object' || written === null) {
    issues.add(path, 'must be a test: an object or a function')
    return undefined
  }
  const kinds = (Object.keys(TEST_FIELDS) as Kind[]).filter((kind) => kind in written)
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) {
    issues.add(path, `a test has exactly one of the fields ${Object.keys(TEST_FIELDS).join(', ')}`)
    return undefined
  }
  const isRight = hasRightFields(written, TEST_FIELDS[kind], path, issues)
  return isRight ? DEFINE[kind](name, written as never, { directory, path, issues }) : undefined
}

function hasRightFields(
  written: object,
  fields: Readonly<Record<string, (value: unknown) => string | undefined>>,
  path: string,
  issues: Issues,
): boolean {
  const wrong = Object.entries(written).filter(([field, value]) => {
    const check = Object.hasOwn(fields, field) ? fields[field] : undefined
    if (check === undefined) issues.add(path, `unknown field '${field}'`, suggest(field, Object.keys(fields)))
    const issue = value === undefined ? undefined : check?.(value)
    if (issue !== undefined) issues.add(`${path}.${field}`, issue)
    return check === undefined || issue !== undefined
  })
  return wrong.length === 0
}

interface Place {
  readonly directory: string
  readonly path: string
  readonly issues: Issues
}

const DEFINE: { readonly [K in Kind]: (name: string, test: never, place: Place) => TestDefinition | undefined } = {
  command: defineCommand,
  path: defineFile,
  metadata: defineMetadata,
  size: defineSize,
  run: (name, { run, version, timeout = DEFAULT_TIMEOUT }: FunctionTest) => ({
    ...{ kind: 'function', name, run, timeout },
    ...(version !== undefined && { version }),
  }),
}

function defineCommand(name: string, test: CommandTest, { directory }: Place): TestDefinition {
  const { command, exitCode = 0, timeout = DEFAULT_TIMEOUT, mount, env, user, workingDir, network } = test
  return {
    ...{ kind: 'command', name, command: [...command], exitCode, timeout },
    expectedOutput: patterns(test.expectedOutput),
    excludedOutput: patterns(test.excludedOutput),
    expectedError: patterns(test.expectedError),
    excludedError: patterns(test.excludedError),
    ...(mount && { mount: { source: pathOf(mount, directory), target: mount.target } }),
    ...(env && { env: { ...env } }),
    ...(user !== undefined && { user }),
    ...(workingDir !== undefined && { workingDir }),
    ...(network !== undefined && { network }),
  }
}

function pathOf({ source }: TestMount, directory: string): string {
  return source instanceof URL ? fileURLToPath(source) : localPath(source, directory)
}

function defineFile(name: string, test: FileTest, { path, issues }: Place): TestDefinition | undefined {
  const { shouldExist = true, mode, type, uid, gid, expectedContent, excludedContent } = test
  const others = Object.entries({ mode, type, uid, gid, expectedContent, excludedContent })
  const [useless] = others.find(([, value]) => value !== undefined) ?? []
  if (!shouldExist && useless !== undefined) {
    issues.add(`${path}.${useless}`, 'contradicts shouldExist: false', 'remove one of them')
    return undefined
  }
  const bits = readMode(mode)
  return {
    ...{ kind: 'file', name, path: test.path, shouldExist },
    expectedContent: patterns(expectedContent),
    excludedContent: patterns(excludedContent),
    ...(type !== undefined && { type }),
    ...(bits !== undefined && { mode: bits }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  }
}

function defineMetadata(name: string, { metadata }: MetadataTest, { path, issues }: Place): TestDefinition | undefined {
  if (!hasRightFields(metadata, INNER_FIELDS.metadata, `${path}.metadata`, issues)) return undefined
  const { env = {}, labels = {}, exposedPorts = [], volumes = [], ...rest } = metadata
  return {
    ...{ kind: 'metadata', name, env: expectedValues(env), labels: expectedValues(labels) },
    ...rest,
    exposedPorts: exposedPorts.flatMap((port) => readPort(port) ?? []),
    volumes: [...volumes],
  }
}

function expectedValues(
  values: Readonly<Record<string, string | RegExp | false>>,
): Readonly<Record<string, ExpectedValue>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value !== false && pattern(value)]))
}

function defineSize(name: string, { size }: SizeTest, { path, issues }: Place): TestDefinition | undefined {
  if (!hasRightFields(size, INNER_FIELDS.size, `${path}.size`, issues)) return undefined
  const [min, max] = [readBytes(size.min), readBytes(size.max)]
  if (min === undefined && max === undefined) {
    issues.add(`${path}.size`, 'has neither min nor max')
    return undefined
  }
  return { kind: 'size', name, ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
}

function patterns(expected: ExpectedText | undefined): readonly TextPattern[] {
  if (expected === undefined) return []
  return [expected].flat().map(pattern)
}

/** Flags `g` and `y` keep a position between matches, which tests must not. */
function pattern(value: string | RegExp): TextPattern {
  if (typeof value === 'string') return { text: value }
  return { pattern: value.source, flags: value.flags.replaceAll(/[gy]/g, '') }
}
