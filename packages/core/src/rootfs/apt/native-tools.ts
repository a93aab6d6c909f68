import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from '../../host/environment.js'
import { runsNatively } from '../program/emulator.js'
import { findInterpreters, interpreterScript, type NativeInterpreters } from './native-interpreters.js'

/** Native programs of this machine that dpkg and scripts use in a foreign root while packages are installed. */
export interface NativeTools {
  readonly programs: readonly string[]
  /** The program that loads them: `/lib64/ld-linux-x86-64.so.2`. */
  readonly loader: string
  /** The shared libraries that the programs need. */
  readonly libraries: readonly string[]
  readonly interpreters: NativeInterpreters
}

/**
 * Programs that run most often while packages are installed: each start of an emulated program takes several times as
 * long as the program itself. Nothing that they write depends on their architecture or version. `dpkg-query` is none of
 * them: it prints names without architecture for its own only.
 */
const PROGRAMS = [
  ...['dpkg-deb', 'dpkg-divert', 'dpkg-split', 'tar', 'update-alternatives'],
  ...'basename cat chmod chown cp dirname ln mkdir mv readlink rm rmdir sed sync touch'.split(' '),
]

/** Directory of the programs in the root; mmdebstrap empties /run at its end. */
const FOLDER = 'run/polyarch'
const LIST = `${FOLDER}/list`

/**
 * Place of the loader in the root. It replaces the path in each program, because scripts of packages remove a `/lib64`
 * that belongs to no package, and every native program would then fail to start.
 */
const LOADER = `/${FOLDER}/ld.so`

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
  const interpreters = await findInterpreters()
  if (interpreters === undefined) return undefined
  const linked = await librariesOf([...programs, interpreters.perl, interpreters.shell])
  if (linked === undefined || linked.loader.length < LOADER.length + 1) return undefined
  return linked.libraries.every((library) => LIBRARY.test(library)) ? { programs, ...linked, interpreters } : undefined
}

/** Undefined if one of the programs is not Debian's. */
async function librariesOf(
  programs: readonly string[],
): Promise<Pick<NativeTools, 'loader' | 'libraries'> | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ldd', programs, { env: { PATH: DPKG_PATH } })
    const loader = /^\t(\/\S+) \(/m.exec(stdout)?.[1]
    const found = [...stdout.matchAll(/^\t\S+ => (\/.+) \(/gm)].map(([, library = '']) => library)
    // glibc before 2.34 loads it to look users up, and no program is linked with it.
    const users = found.map((library) => library.replace(/libc\.so\.6$/, 'libnss_files.so.2')).filter(existsSync)
    return loader === undefined ? undefined : { loader, libraries: [...new Set([...found, ...users])].sort() }
  } catch {
    return undefined
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

/** Only into a merged /usr, where each library has one path. Existing libraries are kept. */
function lendScript({ programs, loader, libraries, interpreters }: NativeTools): string {
  const places = libraries.map((library) => [library, posix.join('usr', library.replace(/^\/usr\//, ''))] as const)
  const folders = [...new Set(places.map(([, place]) => posix.dirname(place)))].sort()
  const links = [...new Set(libraries.map((library) => library.split('/')[1] ?? ''))].filter((link) => link !== 'usr')
  return `set -eu
case $MMDEBSTRAP_MODE in root|unshare) ;; *) exit 0 ;; esac
cd "$1"
test -h lib || exit 0
mkdir -p ${FOLDER}
cp -L ${loader} .${LOADER}
native() { LC_ALL=C sed 's|${loader}|${LOADER}${'\\x00'.repeat(loader.length - LOADER.length)}|' $1 >$2; chmod 755 $2; }
${programs.map((program) => `native ${program} ${FOLDER}/${posix.basename(program)}`).join('\n')}
lend() { place=$1; shift; test -e $place || test -h $place || { "$@" $place; echo $place >>${LIST}; }; }
${folders.map((folder) => `lend ${folder} mkdir`).join('\n')}
${links.map((link) => `lend ${link} ln -s usr/${link}`).join('\n')}
${places.map(([library, place]) => `lend ${place} cp -L ${library}`).join('\n')}
${interpreterScript(interpreters, FOLDER)}
echo 'DPkg::Path "/${FOLDER}:${DPKG_PATH}";' >>"$MMDEBSTRAP_APT_CONFIG"`
}

/** A folder that a package uses meanwhile is kept. */
const REMOVE_SCRIPT = `cd "$1"
test -e ${FOLDER} || exit 0
sort -ru ${LIST} | xargs rm -df || true
rm -r ${FOLDER}`
