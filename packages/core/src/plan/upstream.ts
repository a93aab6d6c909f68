import { isDeepStrictEqual } from 'node:util'
import type { MadeBase } from '../definition/plugin/base-source.js'
import type { Graph } from '../graph/node.js'
import { LOCK_FILE } from '../lock/lock.js'
import { entryMeaning, entryWord, type LockEntry, stateText } from '../lock/lock-entry.js'
import { shortDigest } from '../model/digest.js'
import { PolyarchError, throwIfCancelled } from '../model/errors.js'
import { parseReference } from '../model/reference.js'
import type { StepCall, StepServices } from '../steps/step.js'

/** Returns notes on locked names that have moved upstream. The run uses the locked digests all the same. */
export async function upstreamNotes(graph: Graph, services: StepServices, call: StepCall): Promise<readonly string[]> {
  const archives = new Map(graph.nodes.flatMap(archiveOf))
  const byName = new Map(services.lock.locked().map((entry) => [`${entryWord(entry)} ${entry.name}`, entry]))
  const notes = await Promise.all([...byName.values()].map((entry) => noteFor(entry, archives, services, call)))
  throwIfCancelled(call.signal)
  return notes.filter((note) => note !== undefined)
}

function archiveOf(node: Graph['nodes'][number]): readonly (readonly [string, MadeBase])[] {
  if (node.kind !== 'base' || node.source.kind !== 'made') return []
  const { by, source } = node.source
  return [[`${by.name} ${by.lockName(source)}`, node.source]]
}

async function noteFor(
  entry: LockEntry,
  archives: ReadonlyMap<string, MadeBase>,
  { registry, rootfs }: StepServices,
  call: StepCall,
): Promise<string | undefined> {
  try {
    const moved = await movement(entry, archives.get(`${entryWord(entry)} ${entry.name}`), { registry, rootfs }, call)
    if (moved === undefined) return undefined
    return `${entry.name} ${moved} since it was locked in ${LOCK_FILE}; to update it, run \`npx tsx build.ts lock --update\``
  } catch (error) {
    if (error instanceof PolyarchError) return `whether ${entry.name} has moved is unknown: ${error.message}`
    throw error
  }
}

/** Describes the change of a name; undefined if there is none. A root file system is named with its hash. */
async function movement(
  entry: LockEntry,
  archive: MadeBase | undefined,
  { registry, rootfs }: Pick<StepServices, 'registry' | 'rootfs'>,
  { signal }: StepCall,
): Promise<string | undefined> {
  if (entry.kind === 'archive') {
    const now = archive && (await rootfs.current(archive, { signal }))
    const isSame = now === undefined || isDeepStrictEqual(now, entry.state)
    return isSame ? undefined : `has moved from ${entryMeaning(entry)} to ${stateText(now)}`
  }
  const reference = 'index' in entry ? parseReference(entry.name) : undefined
  if (reference === undefined || reference.digest !== undefined || !('index' in entry)) return undefined
  const now = (await registry.resolve(reference, { signal }))?.digest
  if (now === entry.index) return undefined
  return now === undefined ? 'is gone' : `has moved from ${shortDigest(entry.index)} to ${shortDigest(now)}`
}
