import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares secrets in constant time. */
export function sameSecret(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
