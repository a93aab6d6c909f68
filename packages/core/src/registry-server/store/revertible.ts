/** Reverts a change. */
export type Revert = () => void

/** Adds to a set. */
export function addTo<Value>(set: Set<Value>, value: Value): Revert {
  if (set.has(value)) return () => {}
  set.add(value)
  return () => void set.delete(value)
}

/** Removes from a set; undefined if it was not there. */
export function removeFrom<Value>(set: Set<Value> | undefined, value: Value): Revert | undefined {
  return set?.delete(value) ? () => void set.add(value) : undefined
}

/** Sets an entry. Reverting has no effect if another entry has been set since. */
export function setIn<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): Revert {
  const had = map.has(key)
  const before = map.get(key)
  map.set(key, value)
  return () => {
    if (map.get(key) !== value) return
    if (had) map.set(key, before as Value)
    else map.delete(key)
  }
}

/** Deletes an entry; undefined if it did not exist. Reverting has no effect if another entry has been set since. */
export function deleteFrom<Key, Value>(map: Map<Key, Value> | undefined, key: Key): Revert | undefined {
  const before = map?.get(key)
  if (!map?.delete(key)) return undefined
  return () => {
    if (!map.has(key)) map.set(key, before as Value)
  }
}

/** Reverts all of them. */
export function all(reverts: readonly (Revert | undefined)[]): Revert {
  return () => {
    for (const revert of reverts) revert?.()
  }
}
