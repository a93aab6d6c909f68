import type { BuilderInfo } from './port.js'

/**
 * The last description of a builder. Builds use it: features change only with a restart, while emulators, which a plan
 * requests again, change at any time.
 */
export class LastDescription {
  #info: Promise<BuilderInfo> | undefined

  /** The last description; undefined before the first, and after one that failed. */
  get info(): Promise<BuilderInfo> | undefined {
    return this.#info
  }

  /** Stores a requested description, unless the request fails. @returns the description */
  keep(info: Promise<BuilderInfo>): Promise<BuilderInfo> {
    this.#info = info
    info.catch(() => {
      if (this.#info === info) this.#info = undefined
    })
    return info
  }
}
