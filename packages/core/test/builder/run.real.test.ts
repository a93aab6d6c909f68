import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxImage } from '../../../../test/support/busybox-image.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { memoryDirectory } from '../../src/builder/buildkit/session/files/memory-directory.js'
import { connectBuilder } from '../../src/builder/connect.js'
import type { BuilderOptions } from '../../src/builder/options.js'
import type { RunRequest } from '../../src/builder/port.js'
import { BACKENDS, BUILDER_KINDS, startBuilder } from './builder-kinds.js'
import { platform, pushBase, reference } from './engines.js'

/** Commands in images that are in a registry, on each kind of BuildKit. */
describe.each(BUILDER_KINDS.filter((kind) => BACKENDS.has(kind)))('%s', (kind) => {
  const cleanup = new Cleanup()
  let options: BuilderOptions
  let registry: DebianRegistry
  let base: string

  beforeAll(async () => {
    options = cleanup.use(await startBuilder(kind)).options
    registry = cleanup.use(await startDebianRegistry())
    base = await pushBase(registry)
  })

  afterAll(() => cleanup[Symbol.asyncDispose]())

  const request = (command: readonly string[], changes: Partial<RunRequest> = {}): RunRequest => ({
    image: reference(base),
    platform: platform('linux/amd64'),
    command,
    env: [],
    cwd: '/',
    user: '',
    network: 'none',
    name: 'a test',
    ...changes,
  })

  test('returns exit code and both outputs, natively and emulated, and runs the same command again', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    for (const [name, machine] of [
      ['linux/amd64', 'x86_64'],
      ['linux/arm/v7', 'armv7l'],
    ] as const) {
      const command = ['sh', '-c', 'uname -m; echo "a note" >&2; printf "%s" "$WORD"; exit 3']
      const twice = [1, 2].map(() =>
        engine.run(request(command, { platform: platform(name), env: ['WORD=grüße "$x"'] })),
      )
      for (const result of await Promise.all(twice)) {
        const stdout = `${machine}\ngrüße "$x"`
        expect(result).toEqual({ exitCode: 3, stdout, stderr: 'a note\n', isClipped: false })
      }
    }
    expect(await engine.run(request(['true']))).toEqual({ exitCode: 0, stdout: '', stderr: '', isClipped: false })
    expect(await engine.run(request(['true']))).toMatchObject({ exitCode: 0 })
  })

  test('runs as the user, in the directory, with the files of this machine, and without a network', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const script =
      'id -u; pwd; cat /tests/word; touch /tests/x 2>/dev/null || echo "read-only"; wc -l < /proc/net/route'
    const directory = memoryDirectory({ word: 'a word\n' })
    const result = await engine.run(
      request(['sh', '-c', script], { user: 'nobody', cwd: '/etc', mount: { directory, target: '/tests' } }),
    )
    expect(result).toMatchObject({ exitCode: 0, stdout: '65534\n/etc\na word\nread-only\n1\n' })
  })

  test('does not run the triggers of the image', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const target = { url: registry.url, repository: 'triggers' }
    const image = await busyboxImage({ platform: platform('linux/amd64'), config: { OnBuild: ['COPY missing /'] } })
    await pushTinyImage(target, image)
    const { digest } = image.manifest.descriptor
    const found = await engine.run(
      request(['cat', '/etc/os-release'], { image: reference(`${registry.host}/triggers@${digest}`) }),
    )
    expect(found).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ID=tiny') })
  })

  test('reports a command that does not exist, and an image that does not', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const missing = engine.run(request(['/no/such/program']))
    await expect(missing).rejects.toMatchObject({ code: 'BUILD_FAILED', message: expect.stringContaining('no such') })
    const image = reference(`${registry.host}/none@sha256:${'0'.repeat(64)}`)
    await expect(engine.run(request(['true'], { image }))).rejects.toMatchObject({ code: 'BUILD_FAILED' })
  })

  test('reports incomplete output', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const script = 'i=0; while [ $i -lt 50 ]; do head -c 100000 /dev/zero | sed "s/./x/g"; echo; i=$((i+1)); done'
    const { isClipped, exitCode } = await engine.run(request(['sh', '-c', script]))
    expect({ isClipped, exitCode }).toEqual({ isClipped: true, exitCode: 0 })
  })
})
