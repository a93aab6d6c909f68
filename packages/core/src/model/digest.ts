import { createHash } from 'node:crypto'

declare const digestBrand: unique symbol

/**
 * A content digest, `sha256:` and 64 hex digits.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests
 */
export type Digest = `sha256:${string}` & { readonly [digestBrand]: true }

const PATTERN = /^sha256:[a-f0-9]{64}$/

/** Whether the text is a whole, canonical sha256 digest. */
export function isDigest(text: string): text is Digest {
  return PATTERN.test(text)
}

/** The digest of bytes that are at hand. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest
}

/** The first twelve hex digits, for people: `sha256:a1b2c3d4e5f6`. */
export function shortDigest(digest: Digest): string {
  return digest.slice(0, 'sha256:'.length + 12)
}
