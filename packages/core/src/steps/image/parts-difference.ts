import type { PartChange, PlanReason } from '../../model/run/plan-reason.js'
import { alignChecks } from '../align-checks.js'
import type { ArgCheck, ImageParts } from './image-parts.js'

/** Says in which parts two images differ. The files of a context and the lines of a Dockerfile are in a record of their own. */
export function partsDifference(
  former: ImageParts,
  next: ImageParts,
  args: readonly ArgCheck[],
): readonly PlanReason[] {
  const base = former.base === next.base ? [] : [{ kind: 'base-moved' as const, from: former.base, to: next.base }]
  if (former.keySecret !== next.keySecret) return [secretChange(former, next), ...base]
  return [
    ...base,
    ...(former.context === next.context ? [] : [{ kind: 'context-changed' as const, paths: [] }]),
    ...(former.dockerfile === next.dockerfile ? [] : [{ kind: 'dockerfile-changed' as const }]),
    ...argChanges(former.args, args),
    ...changes(former.labels, next.labels).map(([name, change]) => ({ kind: 'label-changed' as const, name, change })),
    ...changes(former.settings, next.settings).map(([name]) => ({ kind: 'setting-changed' as const, name })),
  ]
}

/** Without the former secret, no other part can be compared. */
function secretChange(former: ImageParts, next: ImageParts): PlanReason {
  const change = former.keySecret === undefined ? 'added' : next.keySecret === undefined ? 'removed' : 'changed'
  return { kind: 'key-secret-changed', change }
}

function argChanges(former: ImageParts['args'], next: readonly ArgCheck[]): readonly PlanReason[] {
  const aligned = alignChecks(former, next)
  if (aligned === undefined) return [{ kind: 'setting-changed', name: 'args' }]
  const removed = aligned.filter((pair) => pair.next === undefined).length
  return [
    ...aligned.flatMap((pair): readonly PlanReason[] => {
      if (pair.next === undefined || pair.former?.content === pair.next.content) return []
      const change = pair.former === undefined ? 'added' : 'changed'
      return [{ kind: 'arg-changed', name: pair.next.arg, change }]
    }),
    ...(removed > 0 ? [{ kind: 'args-removed' as const, count: removed }] : []),
  ]
}

type Named = Readonly<Record<string, string>>

/** Names whose values differ, in the order of their names. */
function changes(former: Named, next: Named): readonly (readonly [string, PartChange])[] {
  const names = [...new Set([...Object.keys(former), ...Object.keys(next)])].sort()
  return names
    .filter((name) => former[name] !== next[name])
    .map((name) => [name, former[name] === undefined ? 'added' : next[name] === undefined ? 'removed' : 'changed'])
}
