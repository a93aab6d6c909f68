import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { DefinitionError, HostError } from '@polyarch/core'
import type { PublishedVerdict, RootfsCall, RootfsImplementation, UsedArchive } from '@polyarch/core/plugin'
import { downloadIfThere, makeRoot, makeTempFolder, requireTool } from '@polyarch/core/rootfs'
import { DNF_SCRIPT, dnfConfiguration } from './dnf-script.js'
import { DNF_TOOLS, type DnfSource, describeDnfSource } from './dnf-source.js'
import { indexName, readIndexes, repositoryUrl } from './repository-index.js'

/** Makes bases from an archive of RPM packages. */
export const dnfImplementation: RootfsImplementation<DnfSource> = {
  async prepare(source, { env }) {
    for (const tool of DNF_TOOLS) {
      const hint = `install it (on Debian and Ubuntu: apt-get install ${tool.package}), or set source: 'registry'`
      await requireTool(tool, hint, env)
    }
    await readKeys(source)
  },

  read: async (source, call) => ({ mirror: source.mirror, state: await readIndexes(source, call) }),

  make: installPackages,

  checkPublished,
}

async function installPackages<Result>(
  source: DnfSource,
  { state, epoch }: UsedArchive,
  { signal, onEvent, env }: RootfsCall,
  store: (tar: Readable) => Promise<Result>,
): Promise<Result> {
  await using folder = await makeTempFolder('keys')
  const keys = join(folder.path, 'keys.asc')
  await writeFile(keys, await readKeys(source))
  const repositories = source.repositories.map((one) => ({ id: one.id, url: repositoryUrl(source, one) }))
  await writeFile(join(folder.path, 'dnf.conf'), dnfConfiguration(repositories, keys)(source.platformId))
  const hashes = source.repositories.map((one) => `${one.id} ${state[indexName(one)]}\n`)
  await writeFile(join(folder.path, 'indexes'), hashes.join(''))
  const { release, architecture, database, packages } = source
  return await makeRoot(
    {
      script: DNF_SCRIPT,
      parameters: [folder.path, release, architecture, database, ...packages],
      epoch,
      env,
      signal,
      onLine: (line) => {
        const phase = phaseOf(line)
        if (phase !== undefined) onEvent?.({ kind: 'rootfs-progress', phase })
      },
      failure: (lines) => failed(source, lines),
    },
    store,
  )
}

/** The step that a line of dnf reports, without its counters. */
function phaseOf(line: string): string | undefined {
  const [, step] =
    /^ *(Downloading Packages|Running transaction|Installing +: \S+|Running scriptlet *: \S+)/.exec(line) ?? []
  return step?.replace(/(?<! ) +: /, ' ').toLowerCase()
}

/** The keyring of the user, else the keys of the source. @throws DefinitionError */
async function readKeys(source: DnfSource): Promise<string> {
  const { keyring, keys = {} } = source
  if (keyring === undefined) return Object.values(keys).join('\n')
  try {
    return await readFile(keyring, 'utf8')
  } catch {
    const hint = 'set the option keyring to a file with armored public keys'
    throw new DefinitionError([
      { path: `dnf base ${describeDnfSource(source)}`, message: `${keyring} does not exist`, hint },
    ])
  }
}

function failed(source: DnfSource, lines: string): HostError {
  const { keyring, keys = {} } = source
  const trusted = keyring === undefined ? `one of the keys ${Object.keys(keys).join(', ')}` : `a key of ${keyring}`
  return new HostError('ROOTFS_FAILED', `dnf could not make ${describeDnfSource(source)}:\n${lines}`, {
    hint: `check the package names, the mirror, and that ${trusted} signs the packages`,
  })
}

async function checkPublished(source: DnfSource, { signal }: RootfsCall): Promise<PublishedVerdict> {
  for (const repository of source.repositories) {
    const url = `${repositoryUrl(source, repository)}/repodata/repomd.xml`
    const index = await downloadIfThere(url, signal)
    if (index === undefined) return { state: 'wrong', message: `${url} does not exist` }
    index.destroy()
  }
  return { state: 'true' }
}
