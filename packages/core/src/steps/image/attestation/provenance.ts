import { VERSION } from '../../../host/version.js'
import { algorithmOf, type Digest, hexOf } from '../../../model/digest.js'
import { objectOf, textOf } from '../../../model/json-fields.js'
import { formatPlatform, type Platform } from '../../../model/platform.js'
import { parseReference } from '../../../model/reference.js'
import { predicateOn } from '../../../trust/signatures/statement.js'
import type { SourceRecord } from '../sources/source-record.js'

/** Predicate of provenance. @see https://slsa.dev/spec/v1.0/provenance */
export const PROVENANCE_PREDICATE = 'https://slsa.dev/provenance/v1'

const IMAGE_BUILD = 'https://polyarch.io/build/image/v1'
const INDEX_BUILD = 'https://polyarch.io/build/index/v1'
const BUILDER = 'https://polyarch.io/builder/v1'

/** Content that a result was made from. @see https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/resource_descriptor.md */
interface Dependency {
  readonly name?: string
  readonly uri?: string
  readonly digest?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** An image with its name and the digest that the build used. */
export interface UsedImage {
  readonly name: string
  readonly digest: Digest
}

/** Content of an image's provenance. */
export interface ImageProvenance {
  readonly pipeline: string
  readonly platform: Platform
  readonly key: string
  readonly base: UsedImage
  readonly sources: Pick<SourceRecord, 'images' | 'unverifiable'>
  /** Images of other pipelines of the run. */
  readonly pipelineImages: readonly UsedImage[]
  /** Repository and commit of the context, if git reports them. */
  readonly git: { readonly source?: string; readonly revision?: string }
  readonly target?: string
  /** Names of secrets and of ssh agents. */
  readonly secrets: readonly string[]
  /** Recorded by the mode `max` only. */
  readonly inputs?: {
    readonly args: Readonly<Record<string, string>>
    readonly labels: Readonly<Record<string, string>>
    readonly dockerfile: Digest
    readonly context: Digest
  }
  /** Version of the Docker Engine or BuildKit that built it, by its name. */
  readonly builder: Readonly<Record<string, string>>
  /** Identifies the run that built it. */
  readonly invocationId: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly finishedAt: number
}

/** The predicate of an image's provenance. Apart from times and the run, equal builds on equal builders give equal predicates. */
export function imageProvenance(image: ImageProvenance): object {
  const { pipeline, platform, target, secrets, inputs, key, builder, invocationId, startedAt, finishedAt } = image
  return {
    buildDefinition: {
      buildType: IMAGE_BUILD,
      externalParameters: {
        pipeline,
        platform: formatPlatform(platform),
        ...(target !== undefined && { target }),
        ...(secrets.length > 0 && { secrets }),
        ...(inputs && { args: inputs.args, labels: inputs.labels }),
      },
      internalParameters: { key },
      resolvedDependencies: imageDependencies(image),
    },
    runDetails: {
      builder: { id: BUILDER, version: { polyarch: VERSION, ...builder } },
      metadata: { invocationId, startedOn: isoTime(startedAt), finishedOn: isoTime(finishedAt) },
    },
  }
}

/** The image of one platform in a final index. */
export interface IndexedImage extends UsedImage {
  readonly platform: Platform
  /** The run that built it; undefined if its provenance does not state one. */
  readonly invocationId?: string | undefined
}

/** The predicate of a final index's provenance, which lists its images. Equal for equal indexes of equally built images. */
export function indexProvenance(pipeline: string, images: readonly IndexedImage[]): object {
  return {
    buildDefinition: {
      buildType: INDEX_BUILD,
      externalParameters: { pipeline, platforms: images.map(({ platform }) => formatPlatform(platform)) },
      resolvedDependencies: images.map(({ platform, invocationId, ...image }) => ({
        ...imageDependency(image, platform),
        ...(invocationId !== undefined && { annotations: { invocationId } }),
      })),
    },
    runDetails: { builder: { id: BUILDER, version: { polyarch: VERSION } } },
  }
}

/** The run that built an image, from a statement that anyone with push access may have written; undefined for other statements. */
export function invocationIdOf(statement: Uint8Array, image: Digest): string | undefined {
  const { buildDefinition, runDetails } = predicateOn(image, PROVENANCE_PREDICATE, statement) ?? {}
  if (objectOf(buildDefinition)['buildType'] !== IMAGE_BUILD) return undefined
  return textOf(objectOf(objectOf(runDetails)['metadata'])['invocationId'])
}

function imageDependencies({
  platform,
  base,
  sources,
  pipelineImages,
  git,
  inputs,
}: ImageProvenance): readonly Dependency[] {
  const { source, revision } = git
  return [
    { name: 'base', ...imageDependency(base, platform) },
    ...Object.entries(sources.images).map(([name, { index }]) => imageDependency({ name, digest: index }, platform)),
    ...pipelineImages.map((image) => imageDependency(image, platform)),
    ...(source === undefined ? [] : [gitDependency(source, revision)]),
    ...(inputs === undefined
      ? []
      : [
          { name: 'context', digest: digestSet(inputs.context) },
          { name: 'dockerfile', digest: digestSet(inputs.dockerfile) },
        ]),
    ...sources.unverifiable.map((uri) => ({ uri })),
  ]
}

/** A commit with uncommitted changes has no digest. */
function gitDependency(source: string, revision: string | undefined): Dependency {
  const isCommit = revision !== undefined && /^[0-9a-f]+$/.test(revision)
  const uri = `git+${source}${revision === undefined ? '' : `@${revision}`}`
  return { uri, ...(isCommit && { digest: { gitCommit: revision } }) }
}

/** As BuildKit names images. @see https://github.com/package-url/purl-spec/blob/main/types-doc/docker-definition.md */
function imageDependency({ name, digest }: UsedImage, platform: Platform): Dependency {
  const { registry = '', repository = name, tag } = parseReference(name) ?? {}
  const path = registry === 'docker.io' ? repository.replace(/^library\//, '') : `${registry}/${repository}`
  const query = `digest=${digest}&platform=${encodeURIComponent(formatPlatform(platform))}`
  return { uri: `pkg:docker/${path}${tag === undefined ? '' : `@${tag}`}?${query}`, digest: digestSet(digest) }
}

function digestSet(digest: Digest): Readonly<Record<string, string>> {
  return { [algorithmOf(digest)]: hexOf(digest) }
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
