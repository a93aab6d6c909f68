import type { PartChange, PlanReason } from '../../model/run/plan-reason.js'
import { alignChecks } from '../align-checks.js'
import { type ArgCheck, IMAGE_SETTING, type ImageParts } from './image-parts.js'

/**
 * Lists the parts in which two images differ. Files of the context and lines of the Dockerfile are in a separate
 * record.
 */
export function partsDifference(
  previous: ImageParts,
  next: ImageParts,
  args: readonly ArgCheck[],
): readonly PlanReason[] {
  const base = previous.base === next.base ? [] : [{ kind: 'base-moved' as const, from: previous.base, to: next.base }]
  if (previous.keySecret !== next.keySecret) return [secretChange(previous, next), ...base]
  return [
    ...base,
    ...(previous.context === next.context ? [] : [{ kind: 'context-changed' as const, paths: [] }]),
    ...(previous.dockerfile === next.dockerfile ? [] : [{ kind: 'dockerfile-changed' as const }]),
    ...argChanges(previous.args, args),
    ...changes(previous.labels, next.labels).map(([name, change]) => ({
      kind: 'label-changed' as const,
      name,
      change,
    })),
    ...changes(previous.settings, next.settings).map(([name, change]) => settingChange(name, change)),
  ]
}

function settingChange(name: string, change: PartChange): PlanReason {
  return name.startsWith(IMAGE_SETTING)
    ? { kind: 'image-moved', name: name.slice(IMAGE_SETTING.length), change }
    : { kind: 'setting-changed', name }
}

/** Without the previous secret, no other part can be compared. */
function secretChange(previous: ImageParts, next: ImageParts): PlanReason {
  const change = previous.keySecret === undefined ? 'added' : next.keySecret === undefined ? 'removed' : 'changed'
  return { kind: 'key-secret-changed', change }
}

function argChanges(previous: ImageParts['args'], next: readonly ArgCheck[]): readonly PlanReason[] {
  const aligned = alignChecks(previous, next)
  if (aligned === undefined) return [{ kind: 'setting-changed', name: 'args' }]
  const removed = aligned.filter((pair) => pair.next === undefined).length
  return [
    ...aligned.flatMap((pair): readonly PlanReason[] => {
      if (pair.next === undefined || pair.previous?.content === pair.next.content) return []
      const change = pair.previous === undefined ? 'added' : 'changed'
      return [{ kind: 'arg-changed', name: pair.next.arg, change }]
    }),
    ...(removed > 0 ? [{ kind: 'args-removed' as const, count: removed }] : []),
  ]
}

type Named = Readonly<Record<string, string>>

/** Names whose values differ, in the order of their names. */
function changes(previous: Named, next: Named): readonly (readonly [string, PartChange])[] {
  const names = [...new Set([...Object.keys(previous), ...Object.keys(next)])].sort()
  return names
    .filter((name) => previous[name] !== next[name])
    .map((name) => [name, previous[name] === undefined ? 'added' : next[name] === undefined ? 'removed' : 'changed'])
}
