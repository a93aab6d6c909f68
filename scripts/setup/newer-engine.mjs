// @ts-check
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { debianMirror } from './debian-mirror.mjs'
import { run } from './run.mjs'
import { stateFolder, statePath } from './state-folder.mjs'
import { step } from './step.mjs'

/**
 * The Debian release whose engine is the newer one. It has to be 27.5 at least: before that, an engine with the
 * containerd image store cannot read a context that is sent as a tar (https://github.com/moby/moby/issues/47717).
 */
const SUITE = 'forky'

/** The root file system that holds a newer engine than this machine's: a folder to chroot into. */
export function newerEngineRoot() {
  return statePath('newer-engine', SUITE)
}

/** Makes the root file system of the newer engine from Debian's packages, once. */
export async function ensureNewerEngine() {
  if (existsSync(newerEngineRoot())) return
  await step(`making a root file system with the engine of Debian ${SUITE}`, makeRoot)
}

async function makeRoot() {
  const { uri } = await debianMirror()
  const partial = join(stateFolder('newer-engine'), `${SUITE}.partial`)
  await rm(partial, { recursive: true, force: true })
  await run('mmdebstrap', [
    '--variant=minbase',
    '--include=docker.io,ca-certificates,iptables',
    // A mirror may be a snapshot of some day, whose promise to be fresh has run out; for a test that is no matter.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    SUITE,
    partial,
    uri,
  ])
  await rename(partial, newerEngineRoot())
}
