import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { execute, fromImage, pipeline, platform } from '../../packages/core/src/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { AMD64, ARM, pushBase } from '../pipeline/project.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'

const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
COPY --chmod=755 server /bin/server
ENV MODE=production
EXPOSE 8080
USER nobody
ENTRYPOINT ["/bin/server"]
`
const SERVER = `#!/bin/sh
case "$1" in
  --version) echo "server 1.0" ;;
  --release) grep -h ID /etc/os-release ;;
  *) echo "unknown flag $1" >&2; exit 2 ;;
esac
`

const cleanup = new Cleanup()
afterAll(() => cleanup[Symbol.asyncDispose]())
let host: string
let folder: string

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('documented-tests')).path
  const registry = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
  host = registry.host
  await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 })
  await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM })
  for (const name of ['app', 'smoke']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'app', 'Dockerfile'), DOCKERFILE)
  await writeFile(join(folder, 'app', 'server'), SERVER)
  await chmod(join(folder, 'app', 'server'), 0o755)
  await writeFile(join(folder, 'smoke', 'smoke.sh'), 'server --version > /dev/null && test "$(id -un)" = nobody\n')
})

test('the tests of docs/testing.md pass on both platforms', async () => {
  const [wide, narrow] = ['wide', 'narrow'].map((name) => fromImage(`${host}/${name}:1`))
  const [context, smoke] = ['app', 'smoke'].map((name) => join(folder, name))
  if (!wide || !narrow || !context || !smoke) throw new Error('the set-up is incomplete')
  const server = pipeline('ghcr.io/team/server')
    .platforms(platform('amd64', { base: wide }), platform('arm', { variant: 'v7', base: narrow }))
    .build({ context })
    .test({
      'prints its version': { command: ['server', '--version'], expectedOutput: /^server \d+\.\d+$/m },
      'refuses unknown flags': { command: ['server', '--nonsense'], exitCode: 2, expectedError: 'unknown flag' },
      'passes the smoke test': { command: ['sh', '/test/smoke.sh'], mount: { source: smoke, target: '/test' } },
      'binary is not writable': { path: '/bin/server', mode: '0755', uid: 0, gid: 0 },
      'no build tools left': { path: '/usr/bin/gcc', shouldExist: false },
      'runs as nobody': { metadata: { user: 'nobody', env: { MODE: 'production' }, exposedPorts: [8080] } },
      'stays small': { size: { max: '8m' } },
    })
    .tags('1.0')
  const tested = server.test({
    'release file matches': {
      version: '1',
      run: async (image) => {
        const release = await image.readFile('/etc/os-release', 'utf8')
        const { stdout } = await image.run(['server', '--release'])
        if (!release.includes(stdout.trim())) throw new Error(`${stdout} is not in /etc/os-release`)
      },
    },
  })
  const { outcome, nodes } = await execute(tested, { registry: host })
  expect(outcome).toBe('succeeded')
  expect(nodes.filter(({ kind }) => kind === 'test').map((node) => node.outcome)).toEqual(Array(16).fill('made'))
})
