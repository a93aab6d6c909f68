import { formatReference, parseReference, withDefaultTag } from '../model/reference.js'
import type { Span } from './dockerfile.js'

/** An image, other than the base, that the build pulls. */
export interface ExternalImage {
  /** The whole name. */
  readonly name: string
  /** Positions of the name in the Dockerfile; empty if it is the value of a build arg. */
  readonly places: readonly Span[]
  /** Whether every use is for the target's platform, and none for the builder's. */
  readonly isForTarget: boolean
}

/** The full name with host, path and tag, equal for all spellings of one image. */
export function fullName(name: string): string | undefined {
  const reference = parseReference(name)
  return reference && formatReference(withDefaultTag(reference))
}

interface Named {
  readonly name: string
  readonly use?: Span
  readonly isForTarget: boolean
}

/** One entry per image, with all positions; an ONBUILD counts once, even if several stages run it. */
export function groupByName(images: readonly Named[]): readonly ExternalImage[] {
  const byName = new Map<string, { name: string; places: Map<number, Span>; isForTarget: boolean }>()
  for (const { name, use, isForTarget } of images) {
    const full = fullName(name)
    if (full === undefined) continue
    const group = byName.get(full) ?? { name: full, places: new Map<number, Span>(), isForTarget: true }
    if (use !== undefined && use.end > use.start) group.places.set(use.start, use)
    group.isForTarget &&= isForTarget
    byName.set(full, group)
  }
  return [...byName.values()].map(({ places, ...group }) => ({ ...group, places: [...places.values()] }))
}
