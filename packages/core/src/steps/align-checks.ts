import { diffArrays } from 'diff'
import { LIMITS } from '../model/limits.js'
import type { NamedCheck } from './check-value.js'

/** The same thing in two lists; undefined in the list that lacks it. */
export interface Aligned<Former, Next> {
  readonly former?: Former
  readonly next?: Next
}

/**
 * Pairs what is the same in two lists of check values, which are both in the order of the names. Things of the same name
 * and content are paired first, and between these, things of the same name. Undefined where the lists differ too much.
 */
export function alignChecks<Former extends NamedCheck, Next extends NamedCheck>(
  former: readonly Former[],
  next: readonly Next[],
): readonly Aligned<Former, Next>[] | undefined {
  const sections = compare(former, next, ({ name, content }) => name + content) ?? [{ former, next, isSame: false }]
  const aligned: Aligned<Former, Next>[] = []
  for (const section of sections) {
    const parts = section.isSame ? [section] : compare(section.former, section.next, ({ name }) => name)
    if (parts === undefined) return undefined
    aligned.push(...parts.flatMap(pairs))
  }
  return aligned
}

/** A part of two lists that is the same in both, or differs. */
interface Section<Former, Next> {
  readonly former: readonly Former[]
  readonly next: readonly Next[]
  readonly isSame: boolean
}

function compare<Former extends NamedCheck, Next extends NamedCheck>(
  former: readonly Former[],
  next: readonly Next[],
  keyOf: (check: NamedCheck) => string,
): readonly Section<Former, Next>[] | undefined {
  const changes = diffArrays(former.map(keyOf), next.map(keyOf), { maxEditLength: LIMITS.recordEdits })
  if (changes === undefined) return undefined
  const sections: Section<Former, Next>[] = []
  let [formerAt, nextAt] = [0, 0]
  for (const { added, removed, count } of changes) {
    const isSame = !added && !removed
    const section = {
      former: added ? [] : former.slice(formerAt, formerAt + count),
      next: removed ? [] : next.slice(nextAt, nextAt + count),
    }
    formerAt += section.former.length
    nextAt += section.next.length
    const last = isSame || sections.at(-1)?.isSame !== false ? undefined : sections.pop()
    sections.push({
      former: [...(last?.former ?? []), ...section.former],
      next: [...(last?.next ?? []), ...section.next],
      isSame,
    })
  }
  return sections
}

function pairs<Former, Next>({ former, next, isSame }: Section<Former, Next>): readonly Aligned<Former, Next>[] {
  if (!isSame) return [...former.map((one) => ({ former: one })), ...next.map((one) => ({ next: one }))]
  return former.flatMap((one, at) => {
    const other = next[at]
    return other === undefined ? [] : [{ former: one, next: other }]
  })
}
