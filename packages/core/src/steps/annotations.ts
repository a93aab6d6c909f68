import type { AnnotationMap } from '../definition/declare/annotation-settings.js'
import type { Annotations } from '../model/oci.js'

/** Annotations without the omitted ones. */
export function withoutLeftOut(annotations: AnnotationMap): Annotations {
  return Object.fromEntries(
    Object.entries(annotations).filter((entry): entry is [string, string] => entry[1] !== false),
  )
}
