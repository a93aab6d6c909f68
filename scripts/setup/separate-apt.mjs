// @ts-check
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianMirror } from './debian-mirror.mjs'
import { run } from './run.mjs'

/**
 * @typedef {object} SeparateApt An apt that knows foreign architectures and has no package installed.
 * @property {string} folder gone when it has been used
 * @property {NodeJS.ProcessEnv} env makes apt's programs this one
 */

/**
 * Uses an apt apart from the machine's own, which is left as it is.
 *
 * @param {readonly string[]} architectures Debian's words, the machine's own among them
 * @param {(apt: SeparateApt) => Promise<void>} use
 * @param {string} [suite] Debian's word; that of the machine unless another one is named
 */
export async function withSeparateApt(architectures, use, suite) {
  const folder = await mkdtemp(join(tmpdir(), 'polyarch-apt-'))
  try {
    const env = { ...process.env, APT_CONFIG: await configure(folder, architectures, suite) }
    await run('apt-get', ['--quiet', 'update'], { env })
    await use({ folder, env })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} architectures
 * @param {string} [suite]
 */
async function configure(folder, architectures, suite) {
  const { uri, codename, keyring } = await debianMirror()
  const sources = join(folder, 'sources.list')
  const configuration = join(folder, 'apt.conf')
  await mkdir(join(folder, 'state/lists/partial'), { recursive: true })
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true })
  await writeFile(sources, `deb [signed-by=${keyring}] ${uri} ${suite ?? codename} main\n`)
  await writeFile(
    configuration,
    `Dir::Etc::sourcelist "${sources}";
Dir::Etc::sourceparts "-";
Dir::State "${folder}/state";
Dir::State::status "/dev/null";
Dir::Cache "${folder}/cache";
APT::Sandbox::User "root";
APT::Architectures { ${architectures.map((architecture) => `"${architecture}";`).join(' ')} };
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
`,
  )
  return configuration
}
