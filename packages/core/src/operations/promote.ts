import type { TagMove } from '../execute/stage-tag.js'
import { moveTags } from '../execute/tag-phase.js'
import { DefinitionError, RegistryError } from '../model/errors.js'
import type { TagChange } from '../model/events.js'
import { formatReference, isTag, type Reference, repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { Report } from '../report/report.js'
import type { BuildMetadata } from './metadata-file.js'
import { imageNamed, openImages, readName, readNewName, readTarget } from './named-image.js'
import { checkOptions, OPERATION_OPTIONS, type OptionNames } from './option-names.js'
import type { OperationOptions } from './options.js'
import { readRecorded } from './recorded-digests.js'

/** What {@link promote} takes beside source and tags. */
export interface PromoteOptions extends OperationOptions {
  /** Lets a name lose a platform that it has today. */
  readonly allowRemoval?: boolean
}

const PROMOTE_OPTIONS: OptionNames<PromoteOptions> = { ...OPERATION_OPTIONS, allowRemoval: true }

interface Promotion {
  readonly source: Reference
  readonly target: Reference
}

/** Puts what has been published before under tags. */
export async function promote(
  from: string | Report | BuildMetadata,
  to: readonly string[],
  options: PromoteOptions = {},
): Promise<readonly TagChange[]> {
  checkOptions('promote', options, PROMOTE_OPTIONS)
  const promotions = typeof from === 'string' ? ofName(from, to) : ofRecord(from, to)
  const { signal } = options
  await using registry = openImages(options)
  const moves = await Promise.all(promotions.map((one) => readMove(one, registry, { signal })))
  const allowRemoval = options.allowRemoval ?? false
  return await moveTags({ moves, allowRemoval, signal, emit: () => {} }, registry)
}

function ofName(from: string, to: readonly string[]): readonly Promotion[] {
  if (to.length === 0) throw misused('promote(to)', 'there is no tag', 'name the tags that it is to have')
  const source = imageNamed(readTarget(from, 'promote(from)'))
  return to.map((written) => ({ source, target: targetOf(written, source) }))
}

function ofRecord(from: Report | BuildMetadata, to: readonly string[]): readonly Promotion[] {
  const recorded = readRecorded(from)
  if (to.length === 0) {
    return recorded.flatMap(({ image, names }) =>
      names.map((name) => ({ source: readName(image, 'promote(from)'), target: readTarget(name, 'promote(from)') })),
    )
  }
  const indexes = recorded.filter(({ isIndex }) => isIndex).map(({ image }) => readName(image, 'promote(from)'))
  const whole = to.find((written) => !isTag(written))
  if (whole !== undefined && indexes.length > 1) {
    throw misused('promote(to)', `'${whole}' cannot be the name of ${indexes.length} images`, 'write tags alone')
  }
  return indexes.flatMap((source) => to.map((written) => ({ source, target: targetOf(written, source) })))
}

function targetOf(written: string, source: Reference): Reference {
  return isTag(written) ? { ...repositoryOf(source), tag: written } : readNewName(written, 'promote(to)')
}

function misused(path: string, message: string, hint: string): DefinitionError {
  return new DefinitionError([{ path, message, hint }], 'USAGE')
}

/** By digest from here on: the tag that it was named by may move in the meantime. */
async function readMove({ source, target }: Promotion, registry: Registry, call: RegistryCall): Promise<TagMove> {
  const descriptor = await registry.resolve(source, { ...call, fresh: true })
  if (descriptor === undefined) {
    throw new RegistryError('NOT_FOUND', `${formatReference(source)} does not exist`, {
      hint: 'where it was published once, something has deleted it since: build and publish it again',
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
