import { digestOf, hexOf } from '../../../model/digest.js'
import type { ResolvedContext } from './resolved-context.js'
import { type SyncedContext, syncedContext } from './synced-context.js'

/** Hex digits of the id of a layout. 64 digits would be parsed as the id of an image. */
const ID_DIGITS = 32

/**
 * Named contexts by name, in the form of BuildKit's frontend.
 *
 * @param pinned - the reference of a pipeline's result, by its name among the node's `pipelineImages`
 */
export function contextSources(
  contexts: readonly ResolvedContext[],
  pinned: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(contexts.map((context) => [context.name, sourceOf(context, pinned)]))
}

function sourceOf(context: ResolvedContext, pinned: ReadonlyMap<string, string>): string {
  switch (context.kind) {
    case 'files':
      return `local:${directoryName(context.name)}`
    case 'image':
      return `docker-image://${context.image.pinned}`
    case 'pipeline': {
      const reference = pinned.get(context.image)
      if (reference === undefined) throw new TypeError(`no node makes ${context.image}`)
      return `docker-image://${reference}`
    }
    case 'layout':
      return `oci-layout://${layoutId(context.directory)}@${context.index}`
  }
}

/** The directories that the session serves, by the names in {@link contextSources}. */
export function namedDirectories(
  contexts: readonly ResolvedContext[],
  epoch: number | undefined,
): Readonly<Record<string, SyncedContext>> {
  return Object.fromEntries(
    contexts.flatMap((one) =>
      one.kind === 'files' ? [[directoryName(one.name), syncedContext(one.context, epoch)]] : [],
    ),
  )
}

/** The image layouts that the session serves, by the ids in {@link contextSources}. */
export function layoutDirectories(contexts: readonly ResolvedContext[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    contexts.flatMap((one) => (one.kind === 'layout' ? [[layoutId(one.directory), one.directory]] : [])),
  )
}

/** Distinct from the names of the main context and of the Dockerfile's directory. */
function directoryName(context: string): string {
  return `context:${context}`
}

function layoutId(directory: string): string {
  return `layout-${hexOf(digestOf(directory)).slice(0, ID_DIGITS)}`
}
