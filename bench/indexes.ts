import { buildxCommand } from '../scripts/setup/newer-engine.mjs'
import { userFolder } from '../test/cli/user-folder.js'
import { runProgram } from '../test/support/child.js'
import { Cleanup } from '../test/support/cleanup.js'
import { startDebianRegistry } from '../test/support/debian-registry.js'
import { pushTinyImage } from '../test/support/push-tiny.js'
import { tinyImage } from '../test/support/tiny-image.js'
import { type Contestant, countNew, hold } from './contest.js'
import { dockerCli } from './docker-cli.js'
import { version } from './machine.js'
import { slowDown } from './slow-registry.js'

const ARCHITECTURES = '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(
  ' ',
)
const PLATFORMS = ['linux', 'freebsd', 'wasi']
  .flatMap((os) => ARCHITECTURES.map((architecture) => ({ os, architecture })))
  .slice(0, 32)
  .map((one) => (one.architecture === 'arm' ? { ...one, variant: 'v7' } : one))
/** Milliseconds there and back, as to a registry on another continent's near side. */
const ROUND_TRIP = 50

/** An index of 32 images, by polyarch and by each tool that is installed. */
export async function benchIndexes(): Promise<void> {
  await using cleanup = new Cleanup()
  const registry = cleanup.use(await startDebianRegistry())
  const slow = cleanup.use(await slowDown(registry.host, ROUND_TRIP))
  const folder = cleanup.use(await userFolder())
  const docker = await dockerCli(folder, process.env['DOCKER_HOST'] ?? '')
  for (const [at, platform] of PLATFORMS.entries()) {
    const image = await tinyImage({ platform, files: { at: String(at) } })
    await pushTinyImage({ url: registry.url, repository: 'one' }, image, String(at))
    await pushTinyImage({ url: registry.url, repository: `many/${at}` }, image, '1')
  }
  const sources = {
    'one repository': PLATFORMS.map((_, at) => `${slow.host}/one:${at}`),
    '32 repositories': PLATFORMS.map((_, at) => `${slow.host}/many/${at}:1`),
  }
  const requests = countNew(async () => (await registry.requests()).length)
  let made = 0
  for (const [where, from] of Object.entries(sources)) {
    // A new name each time, where nothing is that could be taken over.
    const target = () => `${slow.host}/${where === 'one repository' ? 'one' : `into/${made}`}:made-${made++}`
    const contestants: Contestant[] = [
      {
        name: 'polyarch assemble(…)',
        async run() {
          const call = `await assemble(${JSON.stringify(target())}, ${JSON.stringify(from)})`
          await folder.write({ 'assemble.mjs': `import { assemble } from '@polyarch/core/images'\n${call}\n` })
          await runProgram(process.execPath, ['assemble.mjs'], { cwd: folder.path })
        },
      },
      {
        name: 'docker manifest create, push',
        async run() {
          const to = target()
          await docker('manifest', 'create', '--insecure', to, ...from)
          await docker('manifest', 'push', '--insecure', '--purge', to)
        },
      },
    ]
    if (await version(...buildxCommand(), 'version')) {
      const run = () => docker('buildx', 'imagetools', 'create', '--tag', target(), ...from)
      contestants.push({ name: 'docker buildx imagetools create', run })
    }
    const others: Readonly<Record<string, () => readonly string[]>> = {
      crane: () => ['index', 'append', '--insecure', '-t', target(), ...from.flatMap((one) => ['-m', one])],
      oras: () => ['manifest', 'index', 'create', '--plain-http', target(), ...from],
    }
    for (const [program, args] of Object.entries(others)) {
      if ((await version(program, 'version')) === undefined) continue
      const run = async () => void (await runProgram(program, args()))
      contestants.push({ name: `${program} ${args().slice(0, 2).join(' ')}`, run })
    }
    const title = `an index of 32 images from ${where}, ${ROUND_TRIP} ms there and back`
    await hold({ title, contestants, rounds: 3, requests })
  }
}
