import { createHash } from 'node:crypto'
import { canonicalJson } from '../model/oci.js'
import type { Reference, Repository } from '../model/reference.js'

/** Version of what goes into keys. It is raised when results change though their inputs do not. */
const KEY_SCHEMA = 1

/** Prefix of the tags that results are kept under. */
export const KEY_TAG_PREFIX = 'polyarch-'

/** Annotation that carries the key: on a result's manifest, and on its entry of an index. */
export const KEY_ANNOTATION = 'io.polyarch.key'

/** Hex sha256 of canonical JSON: the same on every machine. */
export function keyOf(kind: string, inputs: Readonly<Record<string, unknown>>): string {
  return createHash('sha256')
    .update(canonicalJson({ ...inputs, kind, schema: KEY_SCHEMA }))
    .digest('hex')
}

/** The tag that the result with this key is kept under. */
export function keyReference({ registry, repository }: Repository, key: string): Reference {
  return { registry, repository, tag: KEY_TAG_PREFIX + key }
}
