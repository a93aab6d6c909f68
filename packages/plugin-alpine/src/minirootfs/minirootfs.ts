import { text } from 'node:stream/consumers'
import { HostError } from '@polyarch/core'
import type { ArchiveState, PublishedVerdict, RootfsCall, RootfsImplementation } from '@polyarch/core/plugin'
import { download, downloadIfThere, openArchive } from '@polyarch/core/rootfs'
import type { MinirootfsSource } from './minirootfs-source.js'
import { listedArchive } from './release-list.js'

/** Makes bases from the newest root file system archive of a branch. */
export const minirootfsImplementation: RootfsImplementation<MinirootfsSource> = {
  async read(source, { signal }) {
    const url = listUrl(source)
    const archive = listedArchive(await text(await download(url, signal)))
    if (archive === undefined) {
      throw new HostError('DOWNLOAD_FAILED', `${url} names no root file system archive`, {
        hint: 'check that the mirror is the base URL of an archive of Alpine',
      })
    }
    return { mirror: source.mirror, state: { date: String(archive.date), [archive.file]: archive.sha256 } }
  },

  make: async (source, { state }, call, store) => store(await openArchive(archiveOf(source, state), call)),

  checkPublished,
}

function archiveOf(source: MinirootfsSource, { date: _date, ...archive }: ArchiveState) {
  const [[file, sha256] = ['', '']] = Object.entries(archive)
  return { location: `${folderUrl(source)}/${file}`, sha256 }
}

function folderUrl({ mirror, branch, architecture }: MinirootfsSource): string {
  return `${mirror.replace(/(?<!\/)\/+$/, '')}/${branch}/releases/${architecture}`
}

function listUrl(source: MinirootfsSource): string {
  return `${folderUrl(source)}/latest-releases.yaml`
}

async function checkPublished(source: MinirootfsSource, { signal }: RootfsCall): Promise<PublishedVerdict> {
  const url = listUrl(source)
  const list = await downloadIfThere(url, signal)
  if (list === undefined) return { state: 'wrong', message: `${url} does not exist` }
  if (listedArchive(await text(list)) !== undefined) return { state: 'true' }
  return { state: 'wrong', message: `${url} names no root file system archive` }
}
