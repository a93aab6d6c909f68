import type { TagMove } from '../../execute/stage-tag.js'
import { moveTags } from '../../execute/tag-phase.js'
import { codeOrFlag, DefinitionError, RegistryError } from '../../model/errors.js'
import { formatReference, isTag, type Reference, repositoryOf } from '../../model/reference.js'
import type { TagChange } from '../../model/run/events.js'
import type { CopyResult } from '../../registry/copy/copy.js'
import type { CopiedReferrer } from '../../registry/copy/copy-referrers.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import type { Report } from '../../report/report.js'
import { checkOptions, IMAGE_OPTIONS, type OptionNames } from '../option-names.js'
import type { ImageOptions } from '../options.js'
import { onChosenRegistry } from '../runs/chosen-names.js'
import type { BuildMetadata } from '../runs/metadata-file.js'
import { imageNamed, openImages, readName, readNewName, readTarget } from './named-image.js'
import { ofPipelines, readRecorded } from './recorded-digests.js'

/** Options of {@link promote}. */
export interface PromoteOptions extends ImageOptions {
  /** Allows removing a platform that a name has now. */
  readonly allowRemoval?: boolean
  /** Names of the pipelines of a record to promote; all of them by default. */
  readonly pipelines?: readonly string[]
  /** Whether artifacts that refer to the images are copied to names in other repositories too. Default true. */
  readonly referrers?: boolean
}

/** A name after {@link promote}. */
export interface PromotedTag extends TagChange {
  /** Artifacts that were copied with the images, for a name in another repository. */
  readonly referrers?: readonly CopiedReferrer[]
  /** What was not copied, as sentences. */
  readonly notes?: readonly string[]
}

const PROMOTE_OPTIONS: OptionNames<PromoteOptions> = {
  ...IMAGE_OPTIONS,
  allowRemoval: 'boolean',
  pipelines: 'array',
  referrers: 'boolean',
}

interface Promotion {
  readonly source: Reference
  readonly target: Reference
}

/** Tags a published image or index again. */
export async function promote(
  from: string | Report | BuildMetadata,
  to: readonly string[],
  options: PromoteOptions = {},
): Promise<readonly PromotedTag[]> {
  checkOptions('promote', options, PROMOTE_OPTIONS)
  return onChosenRegistry(options.registry, (placed) => {
    // Tags are in the repository of the source.
    const targets = to.map((written) => (isTag(written) ? written : placed(written)))
    const promotions =
      typeof from === 'string' ? ofName(placed(from), targets, options) : ofRecord(from, targets, placed, options)
    return moveAll(promotions, options)
  })
}

async function moveAll(promotions: readonly Promotion[], options: PromoteOptions): Promise<readonly PromotedTag[]> {
  const { signal, referrers = true } = options
  await using registry = openImages(options)
  const moves = await Promise.all(promotions.map((one) => readMove(one, registry, { signal })))
  const allowRemoval = options.allowRemoval ?? false
  const copies = new Map<string, CopyResult>()
  const onCopied = (name: Reference, made: CopyResult) => copies.set(formatReference(name), made)
  const changes = await moveTags({ moves, allowRemoval, referrers, signal, emit: () => {}, onCopied }, registry)
  return changes.map((change) => ({ ...change, ...copied(copies.get(change.reference)) }))
}

function copied(made: CopyResult | undefined): Pick<PromotedTag, 'referrers' | 'notes'> {
  return {
    ...(made !== undefined && made.referrers.length > 0 && { referrers: made.referrers }),
    ...(made !== undefined && made.notes.length > 0 && { notes: made.notes }),
  }
}

function ofName(from: string, to: readonly string[], { pipelines = [] }: PromoteOptions): readonly Promotion[] {
  if (pipelines.length > 0) {
    const hint = `use a report or a metadata file, or remove ${codeOrFlag('pipelines', '--pipeline')}`
    throw misused('--pipeline', `'${from}' is an image, not a record of pipelines`, hint)
  }
  if (to.length === 0) throw misused('promote(to)', 'no tag was given', 'add the tags to set')
  const source = imageNamed(readTarget(from, 'promote(from)'))
  return to.map((written) => ({ source, target: targetOf(written, source) }))
}

function ofRecord(
  from: Report | BuildMetadata,
  to: readonly string[],
  placed: (name: string) => string,
  { pipelines }: PromoteOptions,
): readonly Promotion[] {
  const recorded = ofPipelines(readRecorded(from), pipelines).map((one) => ({
    ...one,
    image: placed(one.image),
    names: one.names.map(placed),
  }))
  if (to.length === 0) {
    return recorded.flatMap(({ image, names }) =>
      names.map((name) => ({ source: readName(image, 'promote(from)'), target: readTarget(name, 'promote(from)') })),
    )
  }
  const owners = new Map<string, string>()
  return recorded
    .filter(({ isIndex }) => isIndex)
    .flatMap(({ image, pipelines: [pipeline = ''] }) => {
      const source = readName(image, 'promote(from)')
      return to.map((written) => {
        const target = targetOf(written, source)
        claim(formatReference(target), pipeline, owners)
        return { source, target }
      })
    })
}

/** One name cannot hold two images: the last one would silently own it. */
function claim(name: string, pipeline: string, owners: Map<string, string>): void {
  const owner = owners.get(name)
  owners.set(name, pipeline)
  if (owner === undefined) return
  const message = `'${name}' would name two images: of ${owner} and of ${pipeline}`
  throw misused(
    'promote(to)',
    message,
    `choose one of them: ${codeOrFlag(`pipelines: ['${owner}']`, `--pipeline ${owner}`)}`,
  )
}

function targetOf(written: string, source: Reference): Reference {
  return isTag(written) ? { ...repositoryOf(source), tag: written } : readNewName(written, 'promote(to)')
}

function misused(path: string, message: string, hint: string): DefinitionError {
  return new DefinitionError([{ path, message, hint }], 'USAGE')
}

/** By digest from here on, because the source's tag may move. */
async function readMove({ source, target }: Promotion, registry: Registry, call: RegistryCall): Promise<TagMove> {
  const descriptor = await registry.resolve(source, { ...call, fresh: true })
  if (descriptor === undefined) {
    throw new RegistryError('NOT_FOUND', `${formatReference(source)} does not exist`, {
      hint: 'if it was published before, it was deleted: build and publish it again',
    })
  }
  const planned = (await registry.resolve(target, { ...call, fresh: true }))?.digest
  const reference = { ...repositoryOf(source), digest: descriptor.digest }
  return {
    reference: target,
    node: formatReference(reference),
    requested: true,
    output: { reference, descriptor },
    planned,
  }
}
