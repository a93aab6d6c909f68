import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { HostError } from '@polyarch/core'
import type { ArchiveState, RootfsCall } from '@polyarch/core/plugin'
import { download } from '@polyarch/core/rootfs'
import type { DnfRepository, DnfSource } from './dnf-source.js'

/** The URL of a repository. */
export function repositoryUrl({ mirror }: Pick<DnfSource, 'mirror'>, { path, url }: DnfRepository): string {
  if (url !== undefined) return url.replace(/(?<!\/)\/+$/, '')
  return `${mirror.replace(/(?<!\/)\/+$/, '')}/${path.replace(/(?<!\/)\/+$/, '')}`
}

/** The name of a repository's index in the state of the archive. */
export function indexName({ id }: DnfRepository): string {
  return `${id}/repodata/repomd.xml`
}

/**
 * Reads the indexes of all repositories. An index lists the hashes of all other metadata, so that its own hash
 * identifies the state of its repository.
 *
 * @throws HostError DOWNLOAD_FAILED; CancelledError
 */
export async function readIndexes(source: DnfSource, { signal }: RootfsCall): Promise<ArchiveState> {
  const indexes = await Promise.all(
    source.repositories.map(async (repository) => {
      const url = `${repositoryUrl(source, repository)}/repodata/repomd.xml`
      const bytes = await buffer(await download(url, signal))
      const date = indexDate(bytes.toString())
      if (date === undefined) {
        const hint = 'check that the mirror is the base URL of an archive of this distribution'
        throw new HostError('DOWNLOAD_FAILED', `${url} is not the index of a repository`, { hint })
      }
      const hash = createHash('sha256').update(bytes).digest('hex')
      requireChecksum(repository, url, hash)
      return { name: indexName(repository), hash, date }
    }),
  )
  const date = Math.max(...indexes.map((index) => index.date))
  return { date: String(date), ...Object.fromEntries(indexes.map(({ name, hash }) => [name, hash])) }
}

/** @throws HostError DIGEST_MISMATCH */
function requireChecksum({ sha256 }: DnfRepository, url: string, hash: string): void {
  if (sha256 === undefined || sha256.toLowerCase() === hash) return
  throw new HostError('DIGEST_MISMATCH', `${url} has sha256 ${hash} instead of ${sha256}`, {
    hint: 'use a URL at which the repository keeps that state, or the checksum of the state that it has',
  })
}

/** Returns the newest date of the metadata that an index lists, in seconds; undefined if it is not an index. */
export function indexDate(text: string): number | undefined {
  if (!/<repomd[\s>]/.test(text) || !/<data type="primary">/.test(text)) return undefined
  const dates = [...text.matchAll(/<timestamp>(\d{1,12})(?:\.\d+)?<\/timestamp>/g)].map(([, date]) => Number(date))
  return dates.length === 0 ? undefined : Math.max(...dates)
}
