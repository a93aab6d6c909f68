import { isDeepStrictEqual } from 'node:util'
import type { AptBase } from '../../definition/declare/base/base-source.js'
import { HostError } from '../../model/errors.js'
import type { RootfsKind } from '../kind.js'
import type { ResolvedRootfs, RootfsCall } from '../port.js'
import { requireEmulator } from './emulator.js'
import { findMirror } from './host-mirror.js'
import { requireMmdebstrap, runMmdebstrap } from './mmdebstrap.js'
import { findNativeTools } from './native-tools.js'
import { type ReleaseFacts, readRelease } from './release-file.js'
import { requireKeys } from './trusted-keys.js'

/** Bases from a distribution's package archive. */
export const apt: RootfsKind<AptBase> = {
  async resolve(source, call, locked) {
    if (locked !== undefined) return resolved(source, locked)
    const { mirror, facts } = await readArchive(source, call)
    return { ...resolved(source, facts), mirror }
  },

  async current(source, { signal }) {
    return readRelease(await findMirror(source), source, signal)
  },

  async make(source, known, call, store) {
    const tools = await findNativeTools(source.architecture)
    return runMmdebstrap(source, await withMirror(source, known, call), call, store, tools)
  },
}

/** Checks whether this machine can make it, and resolves its package indexes. */
async function readArchive(source: AptBase, { signal }: RootfsCall) {
  const mirror = await findMirror(source)
  await requireMmdebstrap()
  await requireKeys(source)
  await requireEmulator(source.architecture)
  return { mirror, facts: await readRelease(mirror, source, signal) }
}

function resolved(source: AptBase, { date, indexes }: ReleaseFacts): ResolvedRootfs {
  const { distribution, suite, architecture, components, variant, packages } = source
  const sorted = [...packages].sort()
  const inputs = { distribution, suite, architecture, components, variant, packages: sorted, indexes, date }
  return { source, facts: { date, indexes }, epoch: date, inputs }
}

/** Nothing else can be made than what the archive has now. @throws HostError LOCK_OUTDATED */
async function withMirror(source: AptBase, known: ResolvedRootfs, call: RootfsCall): Promise<ResolvedRootfs> {
  if (known.mirror !== undefined) return known
  const { mirror, facts } = await readArchive(source, call)
  if (isDeepStrictEqual(facts, known.facts)) return { ...known, mirror }
  const [locked, now] = [known.epoch, facts.date].map((date) => new Date(date * 1000).toISOString())
  throw new HostError('LOCK_OUTDATED', `${mirror} has ${source.suite} of ${now}, but the lock requires ${locked}`, {
    hint: 'run `npx tsx build.ts lock --update`, or use a mirror that keeps old states of the archive',
  })
}
