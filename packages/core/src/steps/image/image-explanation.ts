import type { ImageNode } from '../../graph/node.js'
import type { Digest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { formatReference } from '../../model/reference.js'
import type { PlanReason } from '../../model/run/plan-reason.js'
import type { StepCall, StepServices, Work } from '../step.js'
import type { ResolvedImage } from './build-request.js'
import type { ContextDifference } from './context/context-difference.js'
import { recordOf, recordReference } from './context/context-record.js'
import { decidingInputs } from './image-key.js'
import { checkArgs, type ImageParts, imageParts, readParts } from './image-parts.js'
import { sourceChanges } from './sources/source-changes.js'
import { readSources } from './sources/source-record.js'

type DescribedWork = Work<ImageNode, ResolvedImage>

/** Returns the parts of an image's key. */
export function partsOf({ node, resolved, inputs }: DescribedWork): ImageParts {
  return imageParts(decidingInputs(node, resolved, inputs), resolved.listing.entries, resolved.hash)
}

/** Keeps of what the context was made, for the reasons of later plans. A registry that will not have it costs these alone. */
export async function recordContext(
  work: DescribedWork,
  { registry, contexts }: StepServices,
  call: StepCall,
): Promise<void> {
  const { context, dockerfile } = partsOf(work)
  const reference = recordReference(work.node.repository, context, dockerfile)
  try {
    await contexts.records.write(registry, reference, () => recordOf(work.resolved), call)
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    call.onEvent?.({ kind: 'note', message: `later plans cannot name changed files: ${error.message}` })
  }
}

/** Explains how the image differs from the published image of its platform. */
export async function explainImage(
  work: DescribedWork,
  services: StepServices,
  call: StepCall,
): Promise<readonly PlanReason[]> {
  const { registry } = services
  const { index, image } = work.previous
  if (index === undefined) return [{ kind: 'absent' }]
  if (image === undefined) return [{ kind: 'new-platform' }]
  const found = await registry.getManifest(image.reference, { ...call, fresh: true })
  if (found === undefined) {
    const message = `the published image ${formatReference(image.reference)} was deleted from the repository`
    call.onEvent?.({ kind: 'note', message })
    return [{ kind: 'deleted' }]
  }
  const previous = readParts(found.content.annotations)
  if (previous === undefined) return [{ kind: 'unrecorded' }]
  const sources = readSources(found.content.annotations)
  // Loads the library that compares lists only if something differs.
  const { partsDifference } = await import('./parts-difference.js')
  const parts = partsOf(work)
  const args = checkArgs(decidingInputs(work.node, work.resolved, work.inputs).build.args, work.resolved.hash)
  const differences = partsDifference(previous, parts, args)
  // Records with another secret cannot be compared.
  if (previous.keySecret !== parts.keySecret) return differences
  const ofSources = sources === undefined ? [] : await sourceChanges(sources, work, services, call)
  const isListed = differences.some(({ kind }) => kind === 'context-changed')
  // Both include the files that the Dockerfile names.
  const reasons = [...differences, ...ofSources.filter(({ kind }) => !isListed || kind !== 'context-changed')]
  const isContext = reasons.some(({ kind }) => kind === 'context-changed' || kind === 'dockerfile-changed')
  const difference = isContext ? await contextDifference(work, previous, services, call) : undefined
  const refined = difference === undefined ? reasons : reasons.flatMap((reason) => withDifference(reason, difference))
  return refined.length === 0 ? [{ kind: 'unnamed' }] : refined
}

async function contextDifference(
  { node, resolved }: DescribedWork,
  previous: { readonly context: Digest; readonly dockerfile: Digest },
  { registry, contexts }: StepServices,
  call: StepCall,
): Promise<ContextDifference | undefined> {
  const reference = recordReference(node.repository, previous.context, previous.dockerfile)
  const record = await contexts.records.read(registry, reference, call)
  if (record === undefined) return undefined
  const { compareWithRecord } = await import('./context/context-difference.js')
  return compareWithRecord(resolved, record)
}

/** If only the Dockerfile changed in the context, its own reason is sufficient. */
function withDifference(reason: PlanReason, { line, ...context }: ContextDifference): readonly PlanReason[] {
  if (reason.kind === 'context-changed') {
    const isDockerfileAlone = line !== undefined && context.changed === 0 && context.removed === 0
    return isDockerfileAlone ? [] : [{ kind: 'context-changed', ...context }]
  }
  return [reason.kind === 'dockerfile-changed' && line !== undefined ? { kind: 'dockerfile-changed', line } : reason]
}
