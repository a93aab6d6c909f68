import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AptBase } from '../../definition/plugin/base-source.js'
import { DefinitionError } from '../../model/errors.js'
import { shownLocation } from '../../model/shown-location.js'
import { type AptSource, mainArchive, parseDeb822Sources, parseListSources } from './apt-sources.js'

/** Files from which a host's apt reads; tests use another root. */
export interface HostFiles {
  readonly root: string
}

/**
 * The mirror of a base: the configured one, else that of this machine's apt if the distribution is the same.
 *
 * @throws DefinitionError if neither is known, or if its address contains a login
 */
export async function findMirror(source: AptBase, files?: HostFiles): Promise<string> {
  const mirror = await mirrorOf(source, files)
  // The mirror is written into the base, which is published.
  if (!URL.canParse(mirror) || !hasLogin(new URL(mirror))) return mirror
  const hint = 'set the option mirror to one without a login, such as your own proxy'
  throw issueOf(
    source,
    `the address of the mirror ${shownLocation(mirror)} contains a login, which images would reveal`,
    hint,
  )
}

function hasLogin({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}

async function mirrorOf(source: AptBase, { root }: HostFiles = { root: '/' }): Promise<string> {
  if (source.mirror !== undefined) return source.mirror.replace(/(?<!\/)\/+$/, '')
  const host = await readOsRelease(root)
  const isCarried = source.hostMirrorArchitectures?.includes(source.architecture) ?? true
  const isSame = host.get('ID') === source.distribution
  const mirror =
    isSame && isCarried ? mainArchive(await readSources(root), host.get('VERSION_CODENAME') ?? '') : undefined
  if (mirror !== undefined) return mirror
  const why = isSame ? `this host's mirror may not have ${source.architecture}` : 'this host runs another distribution'
  const hint = 'set the option mirror to the base URL of an archive, which has a dists folder'
  throw issueOf(source, `no mirror is configured: ${why}`, hint)
}

function issueOf({ distribution, suite, architecture }: AptBase, message: string, hint: string): DefinitionError {
  return new DefinitionError([{ path: `apt base ${distribution} ${suite} ${architecture}`, message, hint }])
}

async function readOsRelease(root: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(root, 'etc/os-release'), 'utf8').catch(() => '')
  return new Map(
    [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value.replace(/^(["'])(.*)\1$/, '$2'),
    ]),
  )
}

async function readSources(root: string): Promise<readonly AptSource[]> {
  const folder = join(root, 'etc/apt/sources.list.d')
  const names = await readdir(folder).catch(() => [])
  const files = [join(root, 'etc/apt/sources.list'), ...names.sort().map((name) => join(folder, name))]
  const read = async (file: string) => {
    const text = await readFile(file, 'utf8').catch(() => '')
    return file.endsWith('.sources') ? parseDeb822Sources(text) : parseListSources(text)
  }
  return (await Promise.all(files.filter((file) => /\.(list|sources)$/.test(file)).map(read))).flat()
}
