import type { SbomFormat } from '../../../definition/declare/attestation-options.js'
import type { ImageNode } from '../../../graph/node.js'
import { digestOf } from '../../../model/digest.js'
import type { Descriptor, ImageConfig } from '../../../model/oci.js'
import { formatRepository, type Repository } from '../../../model/reference.js'
import { parseDate } from '../../created-date.js'
import { inputOf, type StepCall, type StepServices, type Work } from '../../step.js'
import type { ResolvedImage } from '../build-request.js'
import type { PushedImage } from '../image-build.js'
import { makeStatement, type Statement } from './attestation.js'
import { type RewrittenImage, readBuildKitStatements } from './buildkit-statements.js'
import { imageProvenance, PROVENANCE_PREDICATE } from './provenance.js'

/** The manifest of an image, whose layers are in its repository. */
export interface BuiltManifest extends RewrittenImage {
  readonly repository: Repository
  readonly layers: readonly Descriptor[]
  readonly config: ImageConfig
}

/** A built image, as pushed and as published. */
export interface AttestedBuild {
  readonly pushed: PushedImage
  readonly image: BuiltManifest
}

type ImageWork = Work<ImageNode, ResolvedImage>

/** Makes the statements that a build requests: polyarch's own, and those of the builder. */
export async function imageStatements(
  work: ImageWork,
  { pushed, image }: AttestedBuild,
  services: StepServices,
  call: StepCall,
): Promise<readonly Statement[]> {
  const { attest = {} } = work.node.build
  const own = [
    ...(attest.provenance === undefined ? [] : [await provenance(work, { pushed, image }, services, call)]),
    ...(attest.sbom !== undefined && 'format' in attest.sbom
      ? [await sbom(attest.sbom.format, image, services, call)]
      : []),
  ]
  const others = pushed.builder.attests
    ? await readBuildKitStatements(pushed.reference, image, services.registry, call)
    : []
  return [...own, ...others]
}

async function provenance(
  { node, resolved, inputs, key }: ImageWork,
  { pushed: { builder, sources, startedAt }, image: { kept } }: AttestedBuild,
  { contexts, invocationId }: StepServices,
  call: StepCall,
): Promise<Statement> {
  const { build, base, baseName, platform, pipeline, pipelineImages } = node
  const { args, labels, target, secrets, ssh, attest } = build
  const predicate = imageProvenance({
    ...{ pipeline, platform, key, sources, startedAt, invocationId },
    base: { name: baseName ?? formatRepository(node.repository), digest: inputOf(inputs, base).descriptor.digest },
    pipelineImages: pipelineImages.map(({ name, result }) => ({
      name,
      digest: inputOf(inputs, result).descriptor.digest,
    })),
    git: await contexts.origin(build.context, call.signal),
    secrets: [...Object.keys(secrets), ...Object.keys(ssh)].sort(),
    builder: builder.version,
    finishedAt: Date.now(),
    ...(target !== undefined && { target }),
    ...(attest?.provenance === 'max' && {
      inputs: {
        args,
        labels,
        dockerfile: digestOf(Buffer.from(resolved.context.dockerfile.text)),
        context: resolved.listing.digest,
      },
    }),
  })
  return makeStatement(kept, PROVENANCE_PREDICATE, predicate)
}

async function sbom(
  format: SbomFormat,
  { kept, repository, layers, config }: BuiltManifest,
  { registry }: StepServices,
  call: StepCall,
): Promise<Statement> {
  // Loads the readers of layers and databases only if packages are listed.
  const { makeSbom } = await import('../../../trust/sbom/sbom.js')
  const described = { name: formatRepository(repository), digest: kept, created: parseDate(config.created) ?? 0 }
  const image = { ...described, reference: { ...repository, digest: kept }, manifest: { layers } }
  const { predicateType, predicate } = await makeSbom(format, image, registry, call)
  return makeStatement(kept, predicateType, predicate)
}
