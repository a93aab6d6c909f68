import { LayoutAddition } from '../../layout/layout-addition.js'
import { contentSize, readPart } from '../../layout/layout-content.js'
import type { ContentStore } from '../buildkit/session/content/content-store.js'

/** The content of an image layout, as builds read it. */
export function layoutStore(directory: string): ContentStore {
  return {
    size: (digest) => contentSize(directory, digest),
    read: (digest, offset, length) => readPart(directory, digest, offset, length),
  }
}

/** An image layout that builds may add to. */
export function writableLayoutStore(directory: string): ContentStore {
  return { ...layoutStore(directory), add: () => LayoutAddition.start(directory) }
}
