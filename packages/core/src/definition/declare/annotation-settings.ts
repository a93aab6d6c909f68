import type { PerPlatform } from './per-platform.js'

/** Annotations by name. `false` leaves one out that would be there by itself, such as `org.opencontainers.image.source`. */
export type AnnotationMap = Readonly<Record<string, string | false>>

/** Annotations for `annotations(...)`, by level; the levels have buildx's names. */
export interface AnnotationSettings {
  /** Annotations of the final index. */
  readonly index?: AnnotationMap
  /** Annotations of each image's manifest. */
  readonly manifest?: PerPlatform<AnnotationMap>
  /** Annotations of each image's entry in the index. */
  readonly manifestDescriptor?: PerPlatform<AnnotationMap>
}
