import { createHash } from 'node:crypto'
import type { ImageFormat } from '../definition/declare/declaration.js'
import { type Digest, hexOf } from '../model/digest.js'
import { type Platform, platformIdentity } from '../model/platform.js'
import type { Reference, Repository } from '../model/reference.js'
import { type InputHash, PLAIN_HASH } from './input-hash.js'

/** Version of keys. It is raised when equal inputs give other results. */
export const KEY_SCHEMA = 3

/** Prefix of key tags. */
const KEY_TAG_PREFIX = 'polyarch-'

/** Suffix of the key in the tag of an image that has not been checked. */
const UNCHECKED_SUFFIX = '.unchecked'

/** Annotation that carries the key: on a result's manifest, and on its entry of an index. */
export const KEY_ANNOTATION = 'io.polyarch.key'

/** Hex digest of the inputs of a result: the same on every machine. */
export function keyOf(kind: string, inputs: Readonly<Record<string, unknown>>, hash: InputHash = PLAIN_HASH): string {
  return hexOf(hash.digest({ ...inputs, kind, schema: KEY_SCHEMA }))
}

/**
 * The tag that a builder pushes the image with this key under. Docker's manifests have no room for the key that marks a
 * checked image, so an unchecked image must not have the key tag.
 */
export function pushReference({ registry, repository }: Repository, key: string, format: ImageFormat): Reference {
  const tag = KEY_TAG_PREFIX + key
  return { registry, repository, tag: format === 'docker' ? `${tag}${UNCHECKED_SUFFIX}` : tag }
}

/** The key tag of a result. */
export function keyReference({ registry, repository }: Repository, key: string): Reference {
  return { registry, repository, tag: KEY_TAG_PREFIX + key }
}

/** Prefix of the tags of context records. They are used for the plan's reasons only. */
const CONTEXT_TAG_PREFIX = `${KEY_TAG_PREFIX}context-`

/** The tag of a context record. */
export function contextReference({ registry, repository }: Repository, digest: Digest): Reference {
  return { registry, repository, tag: CONTEXT_TAG_PREFIX + digest.slice(digest.indexOf(':') + 1) }
}

/** Prefix of the tags of check records of bases. */
const CHECK_TAG_PREFIX = `${KEY_TAG_PREFIX}checked-`

/** The tag of the check record of a base. */
export function checkReference({ registry, repository }: Repository, key: string): Reference {
  return { registry, repository, tag: CHECK_TAG_PREFIX + key }
}

/** Prefix of the tags of attestations. */
const ATTESTATION_TAG_PREFIX = `${KEY_TAG_PREFIX}attestation-`

/** The tag of the attestation of an image. */
export function attestationReference({ registry, repository }: Repository, key: string): Reference {
  return { registry, repository, tag: ATTESTATION_TAG_PREFIX + key }
}

/** The tag of the image whose attestation is under a tag. */
export function attestedTag(tag: string): string {
  return tag.replace(ATTESTATION_TAG_PREFIX, KEY_TAG_PREFIX)
}

/** Prefix of the tags of build caches. */
const CACHE_TAG_PREFIX = `${KEY_TAG_PREFIX}cache-`

/** Highest length of a pipeline's name in a tag; a tag has at most 128 characters. */
const MAX_NAME_IN_TAG = 60

/** The tag of the build cache of a pipeline's platform, `polyarch-cache-app-linux-arm-v7`. */
export function cacheReference({ registry, repository }: Repository, pipeline: string, platform: Platform): Reference {
  const digest = createHash('sha256').update(pipeline).digest('hex')
  const name =
    pipeline.length > MAX_NAME_IN_TAG ? `${pipeline.slice(0, MAX_NAME_IN_TAG)}-${digest.slice(0, 8)}` : pipeline
  const suffix = platformIdentity(platform).replaceAll(/[^\w.]+/g, '-')
  return { registry, repository, tag: `${CACHE_TAG_PREFIX}${name}-${suffix}` }
}

/** The kinds of tags that polyarch writes for itself. */
export type OwnTag = 'result' | 'unchecked' | 'context' | 'checked' | 'attestation' | 'cache'

const OWN_TAGS: readonly (readonly [OwnTag, RegExp])[] = [
  ['result', tagPattern(KEY_TAG_PREFIX, '')],
  ['unchecked', tagPattern(KEY_TAG_PREFIX, UNCHECKED_SUFFIX)],
  ['context', tagPattern(CONTEXT_TAG_PREFIX, '')],
  ['checked', tagPattern(CHECK_TAG_PREFIX, '')],
  ['attestation', tagPattern(ATTESTATION_TAG_PREFIX, '')],
  ['cache', new RegExp(`^${CACHE_TAG_PREFIX}[\\w.-]+$`)],
]

function tagPattern(prefix: string, suffix: string): RegExp {
  return new RegExp(`^${prefix}[0-9a-f]{64}${suffix.replace('.', '\\.')}$`)
}

/** Returns the purpose of one of polyarch's own tags; undefined for all others, which belong to the user. */
export function ownTag(tag: string): OwnTag | undefined {
  return OWN_TAGS.find(([, pattern]) => pattern.test(tag))?.[0]
}
