import type { Digest } from '../../model/digest.js'
import type { Reference, Repository } from '../../model/reference.js'
import { referrersTag } from './referrers.js'

/** The suffixes of cosign's tags. @see https://github.com/sigstore/cosign/blob/v2.4.0/specs/SIGNATURE_SPEC.md */
export const COSIGN_SUFFIXES = ['.sig', '.att', '.sbom'] as const

/** `sha256-….sig`: the tag under which cosign 2 stores artifacts of one kind that refer to a digest. */
export function cosignReference(
  repository: Repository,
  subject: Digest,
  suffix: (typeof COSIGN_SUFFIXES)[number],
): Reference & { readonly tag: string } {
  const { tag, ...rest } = referrersTag(repository, subject)
  return { ...rest, tag: `${tag}${suffix}` }
}

const SUBJECT_TAG = /^(sha(?:256|512)-[0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/

/** The part of a tag of referrers that names their subject, `sha256-…`; undefined for all other tags. */
export function subjectTag(tag: string): string | undefined {
  return SUBJECT_TAG.exec(tag)?.[1]
}
