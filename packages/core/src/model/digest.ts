import { createHash, hash } from 'node:crypto'

declare const digestBrand: unique symbol

/** Hash functions for digests that polyarch computes; `sha256` unless existing content uses the other one. */
export const DIGEST_ALGORITHMS = ['sha256', 'sha512'] as const

/** One of {@link DIGEST_ALGORITHMS}. */
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number]

/**
 * A content digest: `sha256:` and 64 hex digits, or `sha512:` and 128.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests
 */
export type Digest = `${DigestAlgorithm}:${string}` & { readonly [digestBrand]: true }

const PATTERN = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/

/** Whether the text is a whole, canonical digest of a known algorithm. */
export function isDigest(text: string): text is Digest {
  return PATTERN.test(text)
}

/** The hash function of a digest. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256'
}

/** The hex digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/** The digest of bytes in memory. */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${hash(algorithm, bytes)}` as Digest
}

/** An incremental digest. */
export class DigestHash {
  readonly #hash

  constructor(readonly algorithm: DigestAlgorithm = 'sha256') {
    this.#hash = createHash(algorithm)
  }

  /** Adds bytes. */
  update(bytes: Uint8Array | string): this {
    this.#hash.update(bytes)
    return this
  }

  /** The digest of all bytes so far; more may follow. */
  get digest(): Digest {
    return `${this.algorithm}:${this.#hash.copy().digest('hex')}` as Digest
  }
}

/** The first twelve hex digits, for people: `sha256:a1b2c3d4e5f6`. */
export function shortDigest(digest: Digest): string {
  return `${algorithmOf(digest)}:${hexOf(digest).slice(0, 12)}`
}
