// @ts-check
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'
import { SetupError } from './setup-error.mjs'
import { step } from './step.mjs'

/** @typedef {{ readonly program: string, readonly package: string }} Tool */

/** The engine, where none answers. @type {readonly Tool[]} */
export const ENGINE_TOOLS = [
  { program: 'dockerd', package: 'docker.io' },
  { program: 'iptables', package: 'iptables' },
]

/** What runs executables of other architectures, where the kernel does not know any such program. @type {readonly Tool[]} */
export const EMULATION_TOOLS = [{ program: 'qemu-arm-static', package: 'qemu-user-static' }]

/** What makes bases from a distribution's packages, foreign architectures included. @type {readonly Tool[]} */
export const BASE_TOOLS = [
  { program: 'mmdebstrap', package: 'mmdebstrap' },
  { program: 'arch-test', package: 'arch-test' },
  { program: 'xz', package: 'xz-utils' },
  { program: 'zstd', package: 'zstd' },
]

/** The real registries and the other clients that tests compare with. @type {readonly Tool[]} */
export const TEST_TOOLS = [
  { program: 'docker-registry', package: 'docker-registry' },
  { program: 'skopeo', package: 'skopeo' },
  { program: 'buildah', package: 'buildah' },
  { program: 'umoci', package: 'umoci' },
  { program: 'htpasswd', package: 'apache2-utils' },
  { program: 'podman', package: 'podman' },
  { program: 'openssl', package: 'openssl' },
  { program: 'ssh', package: 'openssh-client' },
  { program: 'sshd', package: 'openssh-server' },
  { program: 'ip', package: 'iproute2' },
  { program: 'git', package: 'git' },
  { program: 'setcap', package: 'libcap2-bin' },
  { program: 'rpmbuild', package: 'rpm' },
  { program: 'script', package: 'bsdutils' },
  { program: 'chromium', package: 'chromium' },
  { program: 'zsh', package: 'zsh' },
  { program: 'fish', package: 'fish' },
  { program: 'dnf', package: 'dnf' },
  { program: 'rpmbuild', package: 'rpm' },
  { program: 'createrepo_c', package: 'createrepo-c' },
  { program: 'gpg', package: 'gnupg' },
]

/**
 * Installs the tools that this machine lacks; touches nothing where it has them all.
 *
 * @param {readonly Tool[]} tools
 */
export async function ensureTools(tools) {
  const missing = tools.filter(({ program }) => !hasProgram(program))
  if (missing.length === 0) return
  const packages = missing.map((tool) => tool.package)
  if (!canInstall()) {
    const programs = missing.map(({ program }) => program).join(', ')
    throw new SetupError(
      `this needs ${programs}: on Debian or Ubuntu, run \`sudo apt-get install ${packages.join(' ')}\` and try again`,
    )
  }
  await step(`installing ${packages.join(', ')} by apt`, () => install(packages))
}

/** Whether packages can be installed here: a distribution with apt, as root. */
export function canInstall() {
  return process.getuid?.() === 0 && hasProgram('apt-get')
}

/** Brings apt's lists of packages up to date. */
export async function updatePackageLists() {
  await apt(['update'])
}

/** @param {string} program */
export function hasProgram(program) {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)))
}

/** @param {readonly string[]} packages */
async function install(packages) {
  await updatePackageLists()
  await apt(['install', '--yes', '--no-install-recommends', ...packages])
}

/** @param {string[]} args */
function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' }
  return run('apt-get', ['--quiet', '-o', 'DPkg::Lock::Timeout=300', ...args], { env })
}
