// @ts-check
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianMirror } from './debian-mirror.mjs'
import { run } from './run.mjs'
import { stateFolder, statePath } from './state-folder.mjs'
import { step } from './step.mjs'

/** Debian's words for the architectures that tests run images of. */
const ARCHITECTURES = ['amd64', 'armhf', 'arm64']

/**
 * The statically linked busybox of an architecture: an executable that needs no other file of an image.
 *
 * @param {string} architecture Debian's word
 */
export function busyboxPath(architecture) {
  return statePath('busybox', architecture)
}

/** Fetches the busybox of every architecture from Debian's archive, once. */
export async function ensureBusybox() {
  if (ARCHITECTURES.every((architecture) => existsSync(busyboxPath(architecture)))) return
  await step('fetching a static busybox of each architecture', fetchAll)
}

async function fetchAll() {
  const folder = await mkdtemp(join(tmpdir(), 'polyarch-busybox-'))
  try {
    const env = { ...process.env, APT_CONFIG: await separateApt(folder) }
    await run('apt-get', ['--quiet', 'update'], { env })
    const names = ARCHITECTURES.map((architecture) => `busybox-static:${architecture}`)
    await run('apt-get', ['--quiet', 'download', ...names], { env, cwd: folder })
    for (const archive of (await readdir(folder)).filter((name) => name.endsWith('.deb'))) await unpack(folder, archive)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Configures an apt that knows foreign architectures, apart from the machine's own, which is left as it is.
 *
 * @param {string} folder
 */
async function separateApt(folder) {
  const { uri, codename, keyring } = await debianMirror()
  const sources = join(folder, 'sources.list')
  const configuration = join(folder, 'apt.conf')
  await mkdir(join(folder, 'state/lists/partial'), { recursive: true })
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true })
  await writeFile(sources, `deb [signed-by=${keyring}] ${uri} ${codename} main\n`)
  await writeFile(
    configuration,
    `Dir::Etc::sourcelist "${sources}";
Dir::Etc::sourceparts "-";
Dir::State "${folder}/state";
Dir::State::status "/dev/null";
Dir::Cache "${folder}/cache";
APT::Sandbox::User "root";
APT::Architectures { ${ARCHITECTURES.map((architecture) => `"${architecture}";`).join(' ')} };
Acquire::Languages "none";
`,
  )
  return configuration
}

/**
 * @param {string} folder
 * @param {string} archive `busybox-static_VERSION_ARCHITECTURE.deb`
 */
async function unpack(folder, archive) {
  const architecture = archive.slice(archive.lastIndexOf('_') + 1, -'.deb'.length)
  const root = join(folder, architecture)
  await run('dpkg-deb', ['--extract', join(folder, archive), root])
  // Two steps, so that an interrupted copy is never taken for the whole program.
  const partial = join(stateFolder('busybox'), `${architecture}.partial`)
  await copyFile(join(root, 'bin/busybox'), partial)
  await rename(partial, busyboxPath(architecture))
}
