import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { main } from '../../../src/cli/main.js'

async function create(...flags: readonly string[]) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof written) => ({
    write(text: string) {
      written[name] += text
    },
  })
  const host = {
    argv: ['node', 'build.ts', 'builder', 'create', 'kubernetes://ci/fleet', ...flags],
    env: { PATH: '/nonexistent' },
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    exitCode: undefined as number | undefined,
    on: () => {},
    off: () => {},
  }
  await main([], host)
  return { ...written, exitCode: host.exitCode ?? 0 }
}

it('a dry run needs no kubectl, and prints the same objects as YAML and as JSON', async () => {
  const flags = ['--platform', 'amd64', '--platform', 'arm64', '--replicas', 'linux/arm64=2', '--dry-run']
  const yaml = await create(...flags)
  expect(yaml.exitCode).toBe(0)
  const objects = parseAllDocuments(yaml.stdout).map((one): unknown => one.toJS())
  expect(objects).toMatchObject([{ spec: { replicas: 1 } }, { spec: { replicas: 2 } }])
  expect((await create(...flags, '-o', 'yaml')).stdout).toBe(yaml.stdout)
  for (const format of [['-o', 'json'], ['--json']]) {
    const { stdout } = await create(...flags, ...format)
    expect(JSON.parse(stdout)).toEqual({ apiVersion: 'v1', kind: 'List', items: objects })
  }
})

it.each<[readonly string[], string]>([
  [['-o', 'yaml'], '--output: is for the objects of --dry-run'],
  [['--dry-run', '-o', 'toml'], 'Allowed choices are yaml, json'],
  [['--dry-run', '-o', 'yaml', '--json'], "cannot be used with option '--json'"],
])('%j is refused', async (flags, message) => {
  const { stderr, exitCode } = await create(...flags)
  expect(stderr).toContain(message)
  expect(exitCode).toBe(2)
})
