import type { Annotations } from '../model/oci.js'

/** Annotation with the time of a record. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md */
export const CREATED_ANNOTATION = 'org.opencontainers.image.created'

/** The date in a record's annotations, in milliseconds since 1970; undefined if there is none. */
export function createdDate(annotations: Annotations | undefined): number | undefined {
  return parseDate(annotations?.[CREATED_ANNOTATION])
}

/** Parses a date of RFC 3339 into milliseconds since 1970; undefined if it is none. */
export function parseDate(text: unknown): number | undefined {
  const date = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : date
}
