import type { PartChange, PlanReason } from '../model/plan-reason.js'
import type { ImageParts } from './image-parts.js'

/** Says in which parts two images differ. What is to be told of a context or Dockerfile beyond that is for the caller. */
export function partsDifference(former: ImageParts, next: ImageParts): readonly PlanReason[] {
  return [
    ...(former.base === next.base ? [] : [{ kind: 'base-moved' as const, from: former.base, to: next.base }]),
    ...(former.context === next.context ? [] : [{ kind: 'context-changed' as const, paths: [] }]),
    ...(former.dockerfile === next.dockerfile ? [] : [{ kind: 'dockerfile-changed' as const }]),
    ...changes(former.args, next.args).map(([name, change]) => ({ kind: 'arg-changed' as const, name, change })),
    ...changes(former.labels, next.labels).map(([name, change]) => ({ kind: 'label-changed' as const, name, change })),
    ...changes(former.settings, next.settings).map(([name]) => ({ kind: 'setting-changed' as const, name })),
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
