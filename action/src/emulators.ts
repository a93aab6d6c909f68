import { info } from '@actions/core'
import type { Plan } from '@polyarch/core'
import { runProgram } from './command.js'
import type { Inputs } from './inputs.js'

/** The architectures that builds of the plan run programs of, and that no engine of the plan can run. */
export function missingArchitectures({ nodes, engines = [] }: Pick<Plan, 'nodes' | 'engines'>): readonly string[] {
  const isRunnable = (platform: NonNullable<Plan['nodes'][number]['platform']>) =>
    engines.some(({ native, emulated = [] }) =>
      [native, ...emulated].some(
        (one) =>
          one?.os === platform.os && one.architecture === platform.architecture && one.variant === platform.variant,
      ),
    )
  const unplaced = nodes.filter(
    ({ kind, action, execution }) =>
      kind === 'image' && ['create', 'rebuild', 'known-after'].includes(action) && execution === undefined,
  )
  const missing = unplaced.flatMap(({ platform }) => (platform && !isRunnable(platform) ? [platform.architecture] : []))
  return engines.some(({ error }) => error === undefined) ? [...new Set(missing)] : []
}

/** Registers emulators on the machine of the job, where the plan needs any. @returns whether it did */
export async function registerEmulators(plan: Plan, { emulators, emulatorImage, directory }: Inputs): Promise<boolean> {
  const missing = emulators === 'auto' ? missingArchitectures(plan) : []
  if (missing.length === 0) return false
  info(`registering emulators: ${missing.join(', ')}`)
  const args = ['run', '--rm', '--privileged', emulatorImage, '--install', missing.join(',')]
  const { exitCode, stdout } = await runProgram('docker', args, directory)
  info(stdout.trimEnd())
  if (exitCode !== 0) throw new Error(`the emulators cannot be registered: \`docker ${args.join(' ')}\` failed`)
  return true
}
