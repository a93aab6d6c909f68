import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares secrets in a time that does not depend on if they differ. */
export function sameSecret(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
