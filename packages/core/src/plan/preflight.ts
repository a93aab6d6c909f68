import { ignoredOptions } from '../engine/ignored-options.js'
import type { EngineInfo } from '../engine/port.js'
import type { ImageNode, Node } from '../graph/node.js'
import { EngineError, type PolyarchError } from '../model/errors.js'
import { formatPlatform, type Platform, platformsRunBy, samePlatform } from '../model/platform.js'
import { missingSecrets } from '../steps/build-secrets.js'
import type { StepCall, World } from '../steps/step.js'
import { findUnreachableRegistries } from './reachability.js'

/** What was found out about the engine before anything is sent to it. */
export interface Preflight {
  readonly engine: EngineInfo | undefined
  readonly problems: readonly PolyarchError[]
}

/** Asks the engine whether it can do what is left to build. Reads only; not asked where there is nothing to build. */
export async function preflight(
  nodes: readonly Node[],
  world: World,
  missingEmulator: (platform: Platform) => string | undefined,
  call: StepCall,
): Promise<Preflight> {
  const images = nodes.filter((node) => node.kind === 'image')
  if (images.length === 0) return { engine: undefined, problems: [] }
  try {
    const engine = await world.engine.info(call)
    const problems = images.flatMap(({ id, platform, build, optional }) => {
      if (optional) return []
      const ignored = ignoredOptions(engine, build).map((name) => notCarriedOut(id, name, engine))
      if (executionOn(engine, platform) !== undefined) return ignored
      return [...ignored, notRunnable(id, platform, engine, missingEmulator(platform))]
    })
    const missing = await Promise.all(images.map((image) => missingSecretsOf(image)))
    const unreachable = await findUnreachableRegistries(images, world, call)
    return { engine, problems: [...problems, ...missing.flat(), ...unreachable] }
  } catch (error) {
    if (error instanceof EngineError) return { engine: undefined, problems: [error] }
    throw error
  }
}

async function missingSecretsOf({ id, build, optional }: ImageNode): Promise<readonly PolyarchError[]> {
  const missing = optional ? [] : await missingSecrets(build, process.env)
  for (const error of missing) error.node = id
  return missing
}

/** How the engine runs a platform; undefined where it cannot. An engine that does not tell is believed to emulate. */
export function executionOn(engine: EngineInfo, platform: Platform): 'native' | 'emulated' | undefined {
  if (platformsRunBy(engine.native).some((one) => samePlatform(one, platform))) return 'native'
  if (engine.runnable === undefined) return 'emulated'
  const canRun = engine.runnable.some((host) => platformsRunBy(host).some((one) => samePlatform(one, platform)))
  return canRun ? 'emulated' : undefined
}

function notCarriedOut(node: string, option: string, { address, version }: EngineInfo): EngineError {
  return new EngineError('ENGINE_UNSUPPORTED', `the engine at ${address}, ${version}, ignores ${option} of a build`, {
    node,
    hint: `leave ${option} out, or build on engine 23 or newer`,
  })
}

function notRunnable(node: string, platform: Platform, engine: EngineInfo, entry: string | undefined): EngineError {
  const native = formatPlatform(engine.native)
  return new EngineError(
    'PLATFORM_NOT_RUNNABLE',
    `the engine at ${engine.address} cannot run ${formatPlatform(platform)}: it is ${native} and has no emulator for it`,
    {
      node,
      hint:
        entry === undefined
          ? 'build this platform on an engine that runs it natively'
          : `register the binfmt_misc entry '${entry}' on the engine's machine (on Debian: apt-get install qemu-user-static binfmt-support), or use an engine that runs it natively`,
    },
  )
}
