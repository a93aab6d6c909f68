import { contextName } from '../../model/context-name.js'
import { type Digest, isDigest } from '../../model/digest.js'
import { formatReference, parseReference, withDefaultTag } from '../../model/reference.js'
import { type ContextDefinition, type ContextSource, contextHint, contextIssue, readContext } from './build-context.js'
import { localPath } from './build-secrets.js'

/**
 * Source of a named context: a directory; a git repository, `https://host/path.git#ref:directory`; a tar archive;
 * another pipeline; an image, `docker-image://alpine:3.22`; or an image layout, `oci-layout://DIR[:TAG][@DIGEST]`.
 */
export type NamedContextSource = Exclude<ContextSource, false> | PipelineContext

/** Another pipeline: the result of `pipeline(…)`. */
export interface PipelineContext {
  readonly kind: 'pipeline'
}

/** A validated named context. Paths are absolute, and image names are full names. */
export type NamedContextDefinition =
  | Exclude<ContextDefinition, { readonly kind: 'none' }>
  | { readonly kind: 'image'; readonly name: string }
  | { readonly kind: 'pipeline'; readonly pipeline: string }
  | { readonly kind: 'layout'; readonly directory: string; readonly tag?: string; readonly digest?: Digest }

const IMAGE = 'docker-image://'
const LAYOUT = 'oci-layout://'

/** Returns the issue of the value of `contexts`. */
export function contextsIssue(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `must be an object by name: ${HOW_TO}`
  for (const [name, source] of Object.entries(value)) {
    if (contextName(name) === undefined) {
      return `context name '${name}' is not valid: use lower-case letters, digits, '.', '_', '-' and '/'`
    }
    const issue = sourceIssue(source)
    if (issue !== undefined) return `'${name}' ${issue}`
  }
  return undefined
}

const HOW_TO = "{ assets: './assets', tools: 'docker-image://alpine:3.22' }"

function sourceIssue(source: unknown): string | undefined {
  if (source === false) return 'must be a context; remove the entry'
  if (isPipelineContext(source)) return undefined
  if (typeof source !== 'string') return contextIssue(source)
  if (source.startsWith(IMAGE)) {
    return readImage(source) === undefined ? `is not an image: write ${IMAGE}alpine:3.22` : undefined
  }
  if (source.startsWith(LAYOUT)) {
    return readLayout(source, '/') === undefined ? `is not an image layout: write ${LAYOUT}DIR:TAG` : undefined
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//.exec(source) ?? []
  const issue = contextIssue(source)
  if (issue !== undefined || scheme === undefined || readContext(source, '/').kind === 'git') return issue
  return `has the unsupported scheme '${scheme}': ${contextHint}, ${IMAGE}NAME or ${LAYOUT}DIR`
}

/**
 * Converts valid named contexts, by the names that BuildKit uses for them.
 *
 * @param nameOf - compiles a pipeline and returns its name; undefined if the pipeline is not valid
 */
export function readNamedContexts(
  sources: Readonly<Record<string, NamedContextSource>>,
  directory: string,
  nameOf: (pipeline: PipelineContext) => string | undefined,
): Readonly<Record<string, NamedContextDefinition>> {
  return Object.fromEntries(
    Object.entries(sources).flatMap(([name, source]) => {
      const key = contextName(name)
      const context = readSource(source, directory, nameOf)
      return key === undefined || context === undefined ? [] : [[key, context]]
    }),
  )
}

function readSource(
  source: NamedContextSource,
  directory: string,
  nameOf: (pipeline: PipelineContext) => string | undefined,
): NamedContextDefinition | undefined {
  if (isPipelineContext(source)) {
    const pipeline = nameOf(source)
    return pipeline === undefined ? undefined : { kind: 'pipeline', pipeline }
  }
  if (typeof source === 'string') {
    if (source.startsWith(IMAGE)) return readImage(source)
    if (source.startsWith(LAYOUT)) return readLayout(source, directory)
  }
  const context = readContext(source, directory)
  return context.kind === 'none' ? undefined : context
}

function isPipelineContext(source: unknown): source is PipelineContext {
  return typeof source === 'object' && source !== null && 'kind' in source && source.kind === 'pipeline'
}

function readImage(source: string): NamedContextDefinition | undefined {
  const reference = parseReference(source.slice(IMAGE.length))
  return reference && { kind: 'image', name: formatReference(withDefaultTag(reference)) }
}

/** Like docker: the digest follows the last `@`, the tag the first colon. */
function readLayout(source: string, directory: string): NamedContextDefinition | undefined {
  const [, path, tag, digest] = /^([^:@]+)(?::([^@]+))?(?:@(.+))?$/s.exec(source.slice(LAYOUT.length)) ?? []
  if (path === undefined || (digest !== undefined && !isDigest(digest))) return undefined
  return {
    kind: 'layout',
    directory: localPath(path, directory),
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  }
}
