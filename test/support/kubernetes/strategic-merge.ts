type Json = Readonly<Record<string, unknown>>

/**
 * Applies a strategic merge patch: lists of objects with names are merged by these, others replaced.
 *
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function applyPatch(before: unknown, patch: unknown): unknown {
  if (Array.isArray(patch)) return Array.isArray(before) ? mergeLists(before, patch) : patch
  if (!isObject(patch)) return patch
  const retained = patch['$retainKeys'] as readonly string[] | undefined
  const kept = Object.entries(isObject(before) ? before : {}).filter(([name]) => retained?.includes(name) ?? true)
  const merged: Record<string, unknown> = Object.fromEntries(kept)
  for (const [name, value] of Object.entries(patch).filter(([name]) => !name.startsWith('$'))) {
    if (value === null) delete merged[name]
    else merged[name] = applyPatch(merged[name], value)
  }
  return merged
}

function mergeLists(before: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const keyOf = (one: unknown) => (isObject(one) ? (one['name'] ?? one['mountPath']) : undefined)
  if (patch.some((one) => keyOf(one) === undefined)) return patch
  const merged = new Map(before.map((one) => [keyOf(one), one]))
  for (const one of patch as readonly Json[]) {
    if (one['$patch'] === 'delete') merged.delete(keyOf(one))
    else merged.set(keyOf(one), applyPatch(merged.get(keyOf(one)), one))
  }
  return [...merged.values()]
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
