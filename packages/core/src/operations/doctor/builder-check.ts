import pLimit from 'p-limit'
import type { Builder, BuilderState, BuilderWorker } from '../../builder/port.js'
import { EngineError } from '../../model/errors.js'
import { formatPlatform } from '../../model/platform.js'
import type { Reference } from '../../model/reference.js'
import { formatBytes, formatDuration } from '../../report/units.js'
import { type Finding, fine, warningOrError } from './finding.js'

/** Difference of clocks, in milliseconds, from which logins and certificates may fail. */
const CLOCK_TOLERANCE = 5000

/** Builders that are checked at a time: each may start a program, such as kubectl or ssh. */
const MAX_CHECKS = 10

const NANOSECONDS_PER_MILLISECOND = 1_000_000

/** Options of {@link checkBuilders}. */
export interface BuilderCheckOptions {
  readonly signal?: AbortSignal | undefined
  /** A name in each registry that images are pushed to. */
  readonly targets: readonly Reference[]
}

/**
 * Checks workers, cache and clock of each builder, and which registries it reaches. A builder that does not answer is
 * reported by `checkPlatforms`.
 */
export async function checkBuilders(
  builders: readonly Builder[],
  options: BuilderCheckOptions,
): Promise<readonly Finding[]> {
  const limit = pLimit(MAX_CHECKS)
  return (await Promise.all(builders.map((builder) => limit(() => checkBuilder(builder, options))))).flat()
}

async function checkBuilder(builder: Builder, { signal, targets }: BuilderCheckOptions): Promise<readonly Finding[]> {
  const subject = `builder ${builder.name}`
  try {
    const state = await builder.inspect({ signal })
    const reached = await Promise.all(targets.map((target) => checkRegistry(builder, subject, target, signal)))
    return [
      fine(subject, describeState(state)),
      ...clockFinding(subject, state),
      ...gcFinding(subject, state),
      ...reached,
    ]
  } catch (error) {
    if (error instanceof EngineError && error.code === 'ENGINE_UNREACHABLE') return []
    if (!(error instanceof EngineError)) throw error
    return [warningOrError('warning', subject, error.message, error.hint ?? 'check the log of the builder')]
  }
}

function describeState({ workers, cache, clockOffset }: BuilderState): string {
  const platforms = workers.map((worker) => worker.platforms.map(formatPlatform).join(', '))
  const count = workers.length === 1 ? 'worker' : `${workers.length} workers`
  const size = `cache of ${formatBytes(cache.size)}, ${formatBytes(cache.inUse)} in use`
  const clock =
    clockOffset === undefined ? [] : [Math.abs(clockOffset) < CLOCK_TOLERANCE ? 'clock in step' : 'clock differs']
  return [`${count} for ${platforms.join('; ')}`, size, gcText(workers), ...clock].join('; ')
}

/** The rule for most cache records is the last one, which has the weakest conditions. */
function gcText(workers: readonly BuilderWorker[]): string {
  const [rule] = workers.flatMap(({ gcRules }) => gcRules.at(-1) ?? [])
  if (rule === undefined) return 'cache is not limited'
  const { maxUsedSpace, reservedSpace, minFreeSpace, keepDuration } = rule
  const parts = [
    ...(maxUsedSpace > 0 ? [`above ${formatBytes(maxUsedSpace)}`] : []),
    ...(minFreeSpace > 0 ? [`while less than ${formatBytes(minFreeSpace)} of the disk are free`] : []),
    ...(reservedSpace > 0 ? [`down to ${formatBytes(reservedSpace)}`] : []),
    ...(keepDuration > 0 ? [`after ${formatDuration(keepDuration / NANOSECONDS_PER_MILLISECOND)}`] : []),
  ]
  return `records are deleted ${parts.join(', ') || 'by its own rules'}`
}

function gcFinding(subject: string, { workers }: BuilderState): readonly Finding[] {
  if (workers.every(({ gcRules }) => gcRules.length > 0)) return []
  const advice =
    'enable garbage collection: "builder": {"gc": {"enabled": true}} in daemon.json of a Docker Engine, gc = true in buildkitd.toml; or delete records with docker buildx prune'
  return [warningOrError('warning', subject, 'its cache grows without limit', advice)]
}

function clockFinding(subject: string, { clockOffset = 0 }: BuilderState): readonly Finding[] {
  if (Math.abs(clockOffset) < CLOCK_TOLERANCE) return []
  const direction = clockOffset > 0 ? 'ahead of' : 'behind'
  const message = `its clock is ${formatDuration(Math.abs(clockOffset))} ${direction} that of this machine`
  return [
    warningOrError(
      'warning',
      subject,
      message,
      'synchronize both clocks (NTP): logins and certificates depend on them',
    ),
  ]
}

async function checkRegistry(
  builder: Builder,
  subject: string,
  target: Reference,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  try {
    await builder.requireRegistry(target, { signal })
    return fine(subject, `reaches the registry ${target.registry}`)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return warningOrError('warning', subject, error.message, error.hint ?? 'use a registry that the builder reaches')
  }
}
