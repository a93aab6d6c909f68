import type { ContextListing } from '../context/context-file.js'
import type { Analysis } from '../dockerfile/analysis.js'
import { replaceSpans } from '../dockerfile/pin.js'
import { BASE_ARG, EPOCH_ARG } from '../dockerfile/stage-links.js'
import type { BuildRequest } from '../engine/port.js'
import type { ImageNode } from '../graph/node.js'
import { formatReference } from '../model/reference.js'
import { readDockerProxies } from '../registry/docker-proxies.js'
import { openSecrets, openSshAgents } from './build-secrets.js'
import type { PinnedImage } from './pinned-image.js'
import { type Inputs, inputOf } from './step.js'

/** What a build is made of, before its base is known. */
export interface ResolvedImage {
  readonly context: ContextListing
  readonly analysis: Analysis
  readonly images: readonly PinnedImage[]
  /** Seconds since the epoch that a step of the Dockerfile reads, and its result depends on. */
  readonly epoch?: number
}

/** What a build gets of the run that it is part of. */
export interface BuildPlace {
  readonly name: BuildRequest['name']
  /** Seconds since the epoch that the result is dated with. */
  readonly epoch: number | undefined
  readonly openContext: (dockerfile: string) => ReturnType<BuildRequest['openContext']>
}

/** What an engine is asked for; the context is opened with the Dockerfile that is to be in it. */
export async function buildRequest(
  { node, resolved, inputs }: { readonly node: ImageNode; readonly resolved: ResolvedImage; readonly inputs: Inputs },
  { name, epoch, openContext }: BuildPlace,
): Promise<BuildRequest> {
  const { build, platform, baseIndex } = node
  const { target, network, args, labels, addHosts, noCache, pull, cacheFrom, inlineCache, shmSize, ulimits } = build
  const base = formatReference(inputOf(inputs, baseIndex).reference)
  const dockerfileText = pinnedDockerfile(resolved, base)
  return {
    platform,
    name,
    openContext: () => openContext(dockerfileText),
    dockerfile: resolved.context.dockerfile.path,
    dockerfileName: resolved.context.dockerfile.name,
    dockerfileText,
    args: {
      // As buildx does: BuildKit 0.11 and newer dates the image with it, and others take no notice.
      ...(epoch !== undefined && { [EPOCH_ARG]: String(epoch) }),
      ...args,
      ...(resolved.analysis.usesBaseArg && { [BASE_ARG]: base }),
    },
    // Outside the key, like the network that they lead to.
    proxies: await readDockerProxies(process.env),
    labels,
    addHosts,
    noCache,
    pull,
    cacheFrom,
    inlineCache,
    ulimits,
    secrets: openSecrets(build.secrets, process.env),
    ssh: await openSshAgents(build.ssh, process.env),
    ...(shmSize !== undefined && { shmSize }),
    ...(target !== undefined && { target }),
    ...(network !== undefined && { network }),
  }
}

/** The Dockerfile with every image pinned by digest; the base by that of its index, so that one text serves all platforms. */
function pinnedDockerfile({ context, analysis, images }: ResolvedImage, base: string): string {
  const bases = analysis.literalBases.map((place) => ({ place, text: base }))
  return replaceSpans(context.dockerfile.text, [...bases, ...images.flatMap(({ replacements }) => replacements)])
}
