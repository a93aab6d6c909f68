import { chosenEngine, findEngine } from '../../scripts/setup/engine-address.mjs'
import { newerEngine } from './newer-engine.js'
import { type OwnEngine, ownEngine } from './own-engine.js'

/** Engines that the tests of "the engine of this machine" can run on, by the value of POLYARCH_TEST_ENGINE. */
const ENGINES: Readonly<Record<string, () => Promise<OwnEngine>>> = {
  installed: () => ownEngine(),
  '28.5-classic': () => newerEngine({ imageStore: 'graphdriver' }),
  '28.5-containerd': () => newerEngine(),
}

/**
 * Vitest's global setup of the real tests. The machine must be ready: `npm test` prepares it.
 *
 * Tests use an engine that is started here, with its state where temporary files are, unless DOCKER_HOST or a docker
 * context names one. POLYARCH_INSTALLED_ENGINE has the address of one of this machine's own version, for tests that need it.
 *
 * @returns the teardown
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const found = await findEngine()
  if (found === undefined) {
    throw new Error('no Docker Engine answers: run `npm test`, which starts one, or set DOCKER_HOST')
  }
  const requested = process.env['POLYARCH_TEST_ENGINE']
  if (requested === undefined && (chosenEngine() !== undefined || process.getuid?.() !== 0)) {
    process.env['DOCKER_HOST'] = found
    process.env['POLYARCH_INSTALLED_ENGINE'] = found
    return undefined
  }
  const isInstalled = requested === undefined || requested === 'installed'
  const start = ENGINES[requested ?? 'installed']
  if (start === undefined) {
    throw new Error(`POLYARCH_TEST_ENGINE='${requested}' is not one of ${Object.keys(ENGINES).join(', ')}`)
  }
  const engine = await start()
  process.env['DOCKER_HOST'] = engine.address
  process.env['POLYARCH_INSTALLED_ENGINE'] = isInstalled ? engine.address : found
  return async () => void (await engine[Symbol.asyncDispose]())
}
