import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { contentFolder, repositoriesFolder } from '../../layout/layout-format.js'
import { DIGEST_ALGORITHMS } from '../../model/digest.js'
import { HostError } from '../../model/errors.js'

/** Entries that a first start creates before it writes the layout marker. */
const BEFORE_MARKER: ReadonlySet<string> = new Set(['repositories', 'incoming', 'blobs'])

/**
 * Rejects a directory that is not a store, such as a layout of another program or a home directory. A folder of
 * repositories is not sufficient evidence.
 *
 * @throws HostError REGISTRY_NOT_STARTED
 */
export async function checkStoreFolder(directory: string): Promise<void> {
  const entries = await readdir(directory)
  const others = entries.filter((name) => !name.startsWith('lock'))
  const isMarked = others.includes('oci-layout') || others.every((name) => BEFORE_MARKER.has(name))
  if (others.length > 0 && !(others.includes('repositories') && isMarked)) {
    throw new HostError('REGISTRY_NOT_STARTED', `${directory} contains other files than an embedded registry`, {
      hint: 'use a directory that is empty or does not exist',
    })
  }
  const content = DIGEST_ALGORITHMS.map((algorithm) => contentFolder(directory, algorithm))
  const folders = [repositoriesFolder(directory), ...['incoming', 'blobs'].map((name) => join(directory, name))]
  for (const folder of [...folders, ...content]) await refuseLink(folder)
}

async function refuseLink(path: string): Promise<void> {
  const status = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (status?.isSymbolicLink()) throw linkInStore(path)
}

/** Writing through a link would change files outside the store. */
export function linkInStore(path: string): HostError {
  return new HostError(
    'REGISTRY_NOT_STARTED',
    `${path} is a symbolic link, and links inside a store are not followed`,
    {
      hint: 'replace the link with the folder; to store content on another disk, use a directory there',
    },
  )
}
