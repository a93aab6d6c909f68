import { LOCK_FILE } from '../lock/lock.js'
import type { LockEntry } from '../lock/lock-entry.js'
import { shortDigest } from '../model/digest.js'
import { PolyarchError, throwIfCancelled } from '../model/errors.js'
import { parseReference } from '../model/reference.js'
import type { StepCall, World } from '../steps/step.js'

/** Says which of the locked names mean something else upstream today. The lock decides all the same. */
export async function upstreamNotes({ lock, registry }: World, call: StepCall): Promise<readonly string[]> {
  const byName = new Map(lock.locked().flatMap((entry) => ('index' in entry ? [[entry.name, entry] as const] : [])))
  const notes = await Promise.all([...byName.values()].map((entry) => noteFor(entry, registry, call)))
  throwIfCancelled(call.signal)
  return notes.filter((note) => note !== undefined)
}

async function noteFor(
  { name, index }: Extract<LockEntry, { readonly index: string }>,
  registry: World['registry'],
  call: StepCall,
): Promise<string | undefined> {
  const reference = parseReference(name)
  if (reference === undefined || reference.digest !== undefined) return undefined
  try {
    const now = (await registry.resolve(reference, call))?.digest
    if (now === index) return undefined
    const means = now === undefined ? 'is gone' : `has moved from ${shortDigest(index)} to ${shortDigest(now)}`
    return `${name} ${means} since it was locked in ${LOCK_FILE}; \`lock --update\` takes what it is now`
  } catch (error) {
    if (error instanceof PolyarchError) return `nobody could say whether ${name} has moved: ${error.message}`
    throw error
  }
}
