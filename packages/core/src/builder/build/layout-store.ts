import { LayoutAddition } from '../../layout/layout-addition.js'
import { contentSize, readPart } from '../../layout/layout-content.js'
import type { ContentStore } from '../buildkit/session/content/content-store.js'

/** A read-only content store over an image layout. */
export function layoutStore(directory: string): ContentStore {
  return {
    size: (digest) => contentSize(directory, digest),
    read: (digest, offset, length) => readPart(directory, digest, offset, length),
  }
}

/** A writable content store over an image layout. */
export function writableLayoutStore(directory: string): ContentStore {
  return { ...layoutStore(directory), add: () => LayoutAddition.start(directory) }
}
