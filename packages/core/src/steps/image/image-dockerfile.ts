import type { OpenContext } from '../../context/context-file.js'
import type { ContextRequest } from '../../context/open-context.js'
import { type Analysis, analyze } from '../../dockerfile/analysis.js'
import type { Dockerfile } from '../../dockerfile/dockerfile.js'
import type { ImageNode } from '../../graph/node.js'

/** The Dockerfile of an image, and what it uses. */
export interface ImageDockerfile {
  readonly context: OpenContext
  readonly dockerfile: Dockerfile
  readonly analysis: Analysis
}

/** The parts of an image node that determine what its Dockerfile uses. */
export type DockerfileUser = Pick<ImageNode, 'id' | 'build' | 'platform' | 'baseNames' | 'baseImage'>

/** Opens the context of an image and analyzes its Dockerfile. */
export type ReadDockerfile = (image: DockerfileUser, signal: AbortSignal | undefined) => Promise<ImageDockerfile>

/**
 * Returns a reader that analyzes the Dockerfile of each image once: the graph and the step of the image need it. Platforms
 * of one context share the parsed text.
 */
export function createDockerfileReader(
  open: (request: ContextRequest, signal?: AbortSignal) => Promise<OpenContext>,
): ReadDockerfile {
  const parsed = new Map<OpenContext, Dockerfile>()
  const analyzed = new Map<string, Promise<ImageDockerfile>>()
  let parser: Promise<typeof import('../../dockerfile/syntax/parse.js')> | undefined
  const read: ReadDockerfile = async ({ build, platform, baseNames, baseImage }, signal) => {
    const context = await open(contextRequest(build), signal)
    parser ??= import('../../dockerfile/syntax/parse.js')
    const { parseDockerfile } = await parser
    const dockerfile = parsed.get(context) ?? parseDockerfile(context.dockerfile.text)
    parsed.set(context, dockerfile)
    const { target, args } = build
    const contexts = new Set(Object.keys(build.contexts))
    return {
      context,
      dockerfile,
      analysis: analyze(dockerfile, { platform, target, args, baseNames, baseImage, contexts }),
    }
  }
  return (image, signal) => {
    const reading = analyzed.get(image.id) ?? read(image, signal)
    analyzed.set(image.id, reading)
    return reading
  }
}

function contextRequest({ context, dockerfile, dockerfileInline, fileModes }: ImageNode['build']): ContextRequest {
  return { context, dockerfile, fileModes, ...(dockerfileInline !== undefined && { inline: dockerfileInline }) }
}
