import type { PerPlatform } from './per-platform.js'

/** Annotations by name. `false` leaves one out that would be there by itself, such as `org.opencontainers.image.source`. */
export type AnnotationMap = Readonly<Record<string, string | false>>

/** What `annotations(...)` takes: annotations by level, as buildx calls them. */
export interface AnnotationSettings {
  /** Of the final index. */
  readonly index?: AnnotationMap
  /** Of each image's manifest. */
  readonly manifest?: PerPlatform<AnnotationMap>
  /** Of each image's entry in the index. */
  readonly manifestDescriptor?: PerPlatform<AnnotationMap>
}
