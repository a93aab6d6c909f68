import type { ExpectedValue, MetadataTestDefinition, SizeTestDefinition } from '../../definition/declare/image-test.js'
import { equals, shown } from './test-failure.js'
import type { ImageUnderTest } from './tested-image.js'

/** Compares the config of an image with a test. */
export function metadataIssues(
  test: MetadataTestDefinition,
  { config }: Pick<ImageUnderTest, 'config'>,
): readonly string[] {
  const { Env, Labels, Entrypoint, Cmd, User, WorkingDir, ExposedPorts, Volumes } = config.config ?? {}
  const env = Object.fromEntries((Env ?? []).map((one) => splitVariable(one)))
  return [
    ...valueIssues('environment variable', test.env, env),
    ...valueIssues('label', test.labels, Labels ?? {}),
    ...listIssues('entrypoint', test.entrypoint, Entrypoint ?? []),
    ...listIssues('cmd', test.cmd, Cmd ?? []),
    ...textIssue('user', test.user, User ?? ''),
    ...textIssue('working directory', test.workingDir, WorkingDir || '/'),
    ...missing('exposed port', test.exposedPorts, ExposedPorts),
    ...missing('volume', test.volumes, Volumes),
  ]
}

/** Compares the size of an image with the bounds of a test. */
export function sizeIssues({ min = 0, max }: SizeTestDefinition, { size }: Pick<ImageUnderTest, 'size'>) {
  if (size < min) return [`the image has ${size} bytes, less than ${min}`]
  return max !== undefined && size > max ? [`the image has ${size} bytes, more than ${max}`] : []
}

function splitVariable(variable: string): readonly [name: string, value: string] {
  const at = variable.indexOf('=')
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)]
}

function valueIssues(
  what: string,
  expected: Readonly<Record<string, ExpectedValue>>,
  found: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const own = Object.hasOwn(found, name) ? found[name] : undefined
    if (value === false) return own === undefined ? [] : [`${what} ${name} exists: ${JSON.stringify(own)}`]
    if (own === undefined) return [`${what} ${name} does not exist`]
    return equals(own, value) ? [] : [`${what} ${name} is ${JSON.stringify(own)}, not ${shown(value)}`]
  })
}

function listIssues(what: string, expected: readonly string[] | undefined, found: readonly string[]) {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)]
  return expected === undefined || is === should ? [] : [`the ${what} is ${is}, not ${should}`]
}

function textIssue(what: string, expected: string | undefined, found: string): readonly string[] {
  return expected === undefined || expected === found ? [] : [`the ${what} is '${found}', not '${expected}'`]
}

/** Engines write lists as objects without values. */
function missing(what: string, expected: readonly string[], found: object | null | undefined): readonly string[] {
  const names = Object.keys(found ?? {}).map((name) => (what === 'volume' || name.includes('/') ? name : `${name}/tcp`))
  return expected.filter((name) => !names.includes(name)).map((name) => `the image has no ${what} ${name}`)
}
