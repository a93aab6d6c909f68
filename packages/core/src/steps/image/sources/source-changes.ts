import type { ImageNode } from '../../../graph/node.js'
import type { PlanReason } from '../../../model/run/plan-reason.js'
import type { StepCall, StepServices, Work } from '../../step.js'
import type { ResolvedImage } from '../build-request.js'
import { unusedArgsDigest } from '../trigger-args.js'
import { resolveImageName } from './pinned-image.js'
import type { SourceRecord } from './source-record.js'

/** An image whose sources were recorded. */
type RecordedImage = Pick<Work<ImageNode, ResolvedImage>, 'node' | 'resolved'>

/**
 * Compares the recorded sources of a build with their current state: resolves image names again, and compares context
 * files that are not part of the key. Reads only.
 *
 * @throws RegistryError
 */
export async function sourceChanges(
  record: SourceRecord,
  { node, resolved }: RecordedImage,
  services: StepServices,
  call: StepCall,
): Promise<readonly PlanReason[]> {
  const { platform, build } = node
  const { context, analysis, hash } = resolved
  const moved = Object.entries(record.images).map(async ([name, previous]): Promise<readonly PlanReason[]> => {
    const isForTarget = previous.image !== previous.index
    const now = await resolveImageName({ name, isForTarget }, platform, services, call)
    if (now?.index === previous.index || now?.image === previous.image) return []
    return [{ kind: 'image-moved', name, change: 'changed', from: previous.index, ...(now && { to: now.index }) }]
  })
  const isRemade = build.unpinned === 'rebuild' && record.unverifiable.length > 0
  const read = record.context
  const again = read && (await context.select(combinedPaths(analysis.contextPaths, read.paths), call.signal))
  return [
    ...(await Promise.all(moved)).flat(),
    ...(isRemade ? [{ kind: 'unpinned' as const, sources: record.unverifiable }] : []),
    ...(again !== undefined && hash.digest(again.digest) !== read?.digest
      ? [{ kind: 'context-changed' as const, paths: [] }]
      : []),
  ]
}

/** Whether undeclared args differ. The record includes the key, so this applies to images with the same key only. */
export function unusedArgsChange(record: SourceRecord, { node, resolved }: RecordedImage): readonly PlanReason[] {
  const isSame = record.unusedArgs === undefined || record.unusedArgs === unusedArgsDigest(node, resolved)
  return isSame ? [] : [{ kind: 'setting-changed', name: 'args' }]
}

/** The union of two selections of a context. */
export function combinedPaths(
  one: readonly string[] | 'all',
  other: readonly string[] | 'all',
): readonly string[] | 'all' {
  return one === 'all' || other === 'all' ? 'all' : [...one, ...other]
}
