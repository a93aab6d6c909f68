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

const ROOT = `${SUITE}-buildx`

/** What the root file system is made of, with buildx as the peer that builds are compared with. */
const PACKAGES = ['docker.io', 'docker-buildx', 'ca-certificates', 'iptables']

/** The root file system that holds a newer engine than this machine's: a folder to chroot into. */
export function newerEngineRoot() {
  return statePath('newer-engine', ROOT)
}

/**
 * The command that runs that root's buildx on this machine, whose C library is older.
 *
 * @returns {[command: string, ...args: string[]]}
 */
export function buildxCommand() {
  const root = newerEngineRoot()
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu')
  const program = join(root, 'usr/libexec/docker/cli-plugins/docker-buildx')
  return [join(root, 'lib64/ld-linux-x86-64.so.2'), '--library-path', libraries, program]
}

/** Makes the root file system of the newer engine from Debian's packages, once. */
export async function ensureNewerEngine() {
  if (existsSync(newerEngineRoot())) return
  await step(`making a root file system with the engine of Debian ${SUITE}`, makeRoot)
}

async function makeRoot() {
  const { uri } = await debianMirror()
  const partial = join(stateFolder('newer-engine'), `${ROOT}.partial`)
  await rm(partial, { recursive: true, force: true })
  await run('mmdebstrap', [
    '--variant=minbase',
    `--include=${PACKAGES.join(',')}`,
    // A mirror may be a snapshot of some day, whose promise to be fresh has run out; for a test that is no matter.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    SUITE,
    partial,
    uri,
  ])
  await rename(partial, newerEngineRoot())
}
