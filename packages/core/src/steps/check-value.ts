import { hexOf } from '../model/digest.js'
import type { InputHash } from './input-hash.js'

/**
 * Check value of a named input in a published record: an arg, or a file of the context.
 * Everyone who can read the image can read its record, so a check value must not confirm a guess: one of 256 wrong
 * values has the same content, one of 16 wrong names the same name.
 */
export interface NamedCheck {
  /** 4 bits of the name, as a hex digit; a prefix may contain other parts of the identity. */
  readonly name: string
  /** 8 bits of the content, as two hex digits. */
  readonly content: string
}

/** Check value of 8 bits of anything with a JSON form, as two hex digits. */
export function checkValue(value: unknown, hash: InputHash): string {
  return hexOf(hash.digest(value)).slice(0, 2)
}

/** Check value of 4 bits of a name, as a hex digit. */
export function checkName(name: string, hash: InputHash): string {
  return hexOf(hash.digest(['name', name])).slice(0, 1)
}
