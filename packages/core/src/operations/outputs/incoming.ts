import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { removeStaleDrafts } from '../../host/stale-drafts.js'
import { DefinitionError } from '../../model/errors.js'
import type { OutputDefinition } from './output-option.js'

/**
 * Writes beside the destination, then renames it, so that the destination has either the old or the new content. @param
 * write - makes a file or directory at the path that it gets
 */
export async function replaceWhole(dest: string, write: (path: string) => Promise<void>): Promise<void> {
  const prefix = `.${basename(dest)}.`
  const path = join(dirname(dest), `${prefix}${randomUUID()}`)
  try {
    await mkdir(dirname(dest), { recursive: true })
    await removeStaleDrafts(dirname(dest), prefix)
    await write(path)
    // An empty directory can be replaced by another one, but not on all systems.
    if ((await stat(path)).isDirectory()) await rmdir(dest).catch(() => {})
    await rename(path, dest)
  } catch (error) {
    await rm(path, { recursive: true, force: true }).catch(() => {})
    throw error
  }
}

/** Rejects destinations with other content, before anything is built. @throws DefinitionError USAGE */
export async function checkDestinations(outputs: readonly OutputDefinition[]): Promise<void> {
  for (const { type, dest } of outputs) {
    const issue = type === 'local' ? await directoryIssue(dest) : await fileIssue(dest)
    if (issue !== undefined) throw new DefinitionError([{ path: 'outputs', ...issue }], 'USAGE')
  }
}

interface DestinationIssue {
  readonly message: string
  readonly hint: string
}

async function directoryIssue(dest: string): Promise<DestinationIssue | undefined> {
  const found = await stat(dest).catch(() => undefined)
  if (found === undefined) return undefined
  if (!found.isDirectory()) return { message: `'${dest}' is not a directory`, hint: 'use another dest' }
  if ((await readdir(dest)).length === 0) return undefined
  return { message: `directory '${dest}' is not empty`, hint: 'delete it, or use another dest' }
}

async function fileIssue(dest: string): Promise<DestinationIssue | undefined> {
  const found = await stat(dest).catch(() => undefined)
  if (found === undefined || found.isFile()) return undefined
  return { message: `'${dest}' exists and is not a file`, hint: 'use another dest' }
}
