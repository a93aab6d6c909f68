import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from '../../host/environment.js'
import { runsNatively } from '../program/emulator.js'

/** Native programs of this machine that dpkg uses in a foreign root while packages are installed. */
export interface NativeTools {
  readonly programs: readonly string[]
  /** The shared libraries and the loader that the programs need. */
  readonly libraries: readonly string[]
}

/**
 * Programs that run most often while packages are installed: each start of an emulated program takes several times as
 * long as the program itself. Nothing that they write depends on their architecture or version.
 */
const PROGRAMS = ['dpkg-deb', 'dpkg-split', 'tar', 'rm', 'basename', 'mkdir', 'chmod']

/** Directory of the programs in the root; mmdebstrap empties /run at its end. */
const FOLDER = 'run/polyarch'
const LIST = `${FOLDER}/list`

/** Default directories of Debian's loader, also inside the root. */
const LIBRARY = /^(\/usr)?\/lib(64)?\/([\w-]+\/)?[\w.+-]+$/

/** Directories in which apt's dpkg finds programs. @see https://manpages.debian.org/bookworm/apt/apt.conf.5.en.html */
export const DPKG_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Returns undefined if this machine runs the architecture natively, or is not based on Debian.
 *
 * @param architecture - as platforms name it.
 */
export async function findNativeTools(architecture: string): Promise<NativeTools | undefined> {
  if (runsNatively(architecture) || !existsSync('/etc/debian_version')) return undefined
  const programs = PROGRAMS.map((name) => ['/usr/bin', '/bin'].map((folder) => `${folder}/${name}`).find(existsSync))
  if (!programs.every((program) => program !== undefined)) return undefined
  const libraries = await librariesOf(programs)
  return libraries.length > 0 && libraries.every((library) => LIBRARY.test(library))
    ? { programs, libraries }
    : undefined
}

/** None if one of the programs is not Debian's. */
async function librariesOf(programs: readonly string[]): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)('ldd', programs, { env: { PATH: DPKG_PATH } })
    const found = [...stdout.matchAll(/^\t(?:\S+ => )?(\/.+) \(/gm)].map(([, library = '']) => library)
    return [...new Set(found)].sort()
  } catch {
    return []
  }
}

/** The environment in which dpkg finds the programs. */
export function withNativeTools(env: Environment): Environment {
  return { ...env, PATH: `/${FOLDER}:${env['PATH'] ?? DPKG_PATH}` }
}

/**
 * Options of mmdebstrap that provide the programs while packages are installed and remove them afterwards. They follow
 * the hook that merges /usr, which removes folders that belong to no package.
 *
 * @see https://manpages.debian.org/bookworm/mmdebstrap/mmdebstrap.1.en.html#HOOKS
 */
export function nativeToolHooks(tools: NativeTools): readonly string[] {
  const lend = lendScript(tools)
  return [`--extract-hook=${lend}`, `--essential-hook=${lend}`, `--customize-hook=${REMOVE_SCRIPT}`]
}

/** Only into a merged /usr, where each library has one path. Existing files are kept. */
function lendScript({ programs, libraries }: NativeTools): string {
  const places = libraries.map((library) => [library, posix.join('usr', library.replace(/^\/usr\//, ''))] as const)
  const folders = [...new Set(places.map(([, place]) => posix.dirname(place)))].sort()
  const links = [...new Set(libraries.map((library) => library.split('/')[1] ?? ''))].filter((link) => link !== 'usr')
  return `set -eu
case $MMDEBSTRAP_MODE in root|unshare) ;; *) exit 0 ;; esac
cd "$1"
test -h lib || exit 0
mkdir -p ${FOLDER}
cp -L ${programs.join(' ')} ${FOLDER}
lend() { place=$1; shift; test -e $place || test -h $place || { "$@" $place; echo $place >>${LIST}; }; }
${folders.map((folder) => `lend ${folder} mkdir`).join('\n')}
${links.map((link) => `lend ${link} ln -s usr/${link}`).join('\n')}
${places.map(([library, place]) => `lend ${place} cp -L ${library}`).join('\n')}
echo 'DPkg::Path "/${FOLDER}:${DPKG_PATH}";' >>"$MMDEBSTRAP_APT_CONFIG"`
}

/** A folder that a package uses meanwhile is kept. */
const REMOVE_SCRIPT = `cd "$1"
test -e ${FOLDER} || exit 0
sort -ru ${LIST} | xargs rm -df || true
rm -r ${FOLDER}`
