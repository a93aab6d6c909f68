import { diffArrays } from 'diff/lib/diff/array.js'
import { LIMITS } from '../model/limits.js'
import type { NamedCheck } from './check-value.js'

/** A pair of equal entries of two lists; undefined in the list that lacks it. */
export interface Aligned<Previous, Next> {
  readonly previous?: Previous
  readonly next?: Next
}

/**
 * Aligns two lists of check values, both sorted by name. Entries with equal name and content are paired first, then,
 * between these, entries with equal names. Undefined if the lists differ too much.
 */
export function alignChecks<Previous extends NamedCheck, Next extends NamedCheck>(
  previous: readonly Previous[],
  next: readonly Next[],
): readonly Aligned<Previous, Next>[] | undefined {
  const sections = compare(previous, next, ({ name, content }) => name + content) ?? [{ previous, next, isSame: false }]
  const aligned: Aligned<Previous, Next>[] = []
  for (const section of sections) {
    const parts = section.isSame ? [section] : compare(section.previous, section.next, ({ name }) => name)
    if (parts === undefined) return undefined
    aligned.push(...parts.flatMap(pairs))
  }
  return aligned
}

/** A section of two lists that is equal or differs. */
interface Section<Previous, Next> {
  readonly previous: readonly Previous[]
  readonly next: readonly Next[]
  readonly isSame: boolean
}

function compare<Previous extends NamedCheck, Next extends NamedCheck>(
  previous: readonly Previous[],
  next: readonly Next[],
  keyOf: (check: NamedCheck) => string,
): readonly Section<Previous, Next>[] | undefined {
  const changes = diffArrays(previous.map(keyOf), next.map(keyOf), { maxEditLength: LIMITS.recordEdits })
  if (changes === undefined) return undefined
  const sections: Section<Previous, Next>[] = []
  let [previousAt, nextAt] = [0, 0]
  for (const { added, removed, count } of changes) {
    const isSame = !added && !removed
    const section = {
      previous: added ? [] : previous.slice(previousAt, previousAt + count),
      next: removed ? [] : next.slice(nextAt, nextAt + count),
    }
    previousAt += section.previous.length
    nextAt += section.next.length
    const last = isSame || sections.at(-1)?.isSame !== false ? undefined : sections.pop()
    sections.push({
      previous: [...(last?.previous ?? []), ...section.previous],
      next: [...(last?.next ?? []), ...section.next],
      isSame,
    })
  }
  return sections
}

function pairs<Previous, Next>({
  previous,
  next,
  isSame,
}: Section<Previous, Next>): readonly Aligned<Previous, Next>[] {
  if (!isSame) return [...previous.map((one) => ({ previous: one })), ...next.map((one) => ({ next: one }))]
  return previous.flatMap((one, at) => {
    const other = next[at]
    return other === undefined ? [] : [{ previous: one, next: other }]
  })
}
