import type { OpenContext } from '../../context/context-file.js'
import type { ContextRequest } from '../../context/open-context.js'
import { type Analysis, analyze } from '../../dockerfile/analysis.js'
import type { Dockerfile } from '../../dockerfile/dockerfile.js'
import type { ImageNode } from '../../graph/node.js'
import type { StepServices } from '../step.js'

/** The Dockerfile of an image, and what it uses. */
export interface ImageDockerfile {
  readonly context: OpenContext
  readonly dockerfile: Dockerfile
  readonly analysis: Analysis
}

/** Opens the context of an image and analyzes its Dockerfile. */
export async function readImageDockerfile(
  { build, platform, baseNames }: ImageNode,
  { contexts }: Pick<StepServices, 'contexts'>,
  signal: AbortSignal | undefined,
): Promise<ImageDockerfile> {
  const context = await contexts.open(contextRequest(build), signal)
  const { target, args } = build
  const contextNames = new Set(Object.keys(build.contexts))
  const { parseDockerfile } = await import('../../dockerfile/syntax/parse.js')
  const dockerfile = parseDockerfile(context.dockerfile.text)
  return {
    context,
    dockerfile,
    analysis: analyze(dockerfile, { platform, target, args, baseNames, contexts: contextNames }),
  }
}

function contextRequest({ context, dockerfile, dockerfileInline, fileModes }: ImageNode['build']): ContextRequest {
  return { context, dockerfile, fileModes, ...(dockerfileInline !== undefined && { inline: dockerfileInline }) }
}
