import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

/** The interpreters of this machine that run the scripts of packages in a foreign root. */
export interface NativeInterpreters {
  readonly perl: string
  /** `5.36.0`: a root with another version uses its own. */
  readonly perlVersion: string
  /** Directory of the modules that belong to Perl's essential package. */
  readonly perlModules: string
  readonly shell: string
}

const PERL = '/usr/bin/perl'
const SHELL = '/usr/bin/dash'

/** Returns undefined if this machine does not have Debian's dash and Perl. */
export async function findInterpreters(): Promise<NativeInterpreters | undefined> {
  if (!existsSync(SHELL)) return undefined
  try {
    const { stdout } = await promisify(execFile)(PERL, ['-MConfig', '-e', 'print "$Config{version}\\n@INC"'], {
      env: {},
    })
    const [perlVersion = '', folders = ''] = stdout.split('\n')
    const perlModules = folders.split(' ').find((folder) => /^\/usr\/lib\/[\w-]+\/perl-base$/.test(folder))
    if (perlModules === undefined || !/^[\d.]+$/.test(perlVersion)) return undefined
    return { perl: PERL, perlVersion, perlModules, shell: SHELL }
  } catch {
    return undefined
  }
}

/**
 * A `dpkg` for the PATH that runs the root's own, with native interpreters while it configures packages. Scripts name
 * their interpreter by its path, so its file is replaced meanwhile. The replacement has the time of the file, because a
 * script gives it to a link of dash. `--install` is split, because it also replaces the interpreters by those of their
 * packages. Perl is native only if it has the same version and the root has no compiled modules but those of its
 * essential package. The shell is native only for the essential packages: scripts of others may copy it. If a script
 * fails, the remaining ones run with the root's own interpreters.
 *
 * @see https://manpages.debian.org/bookworm/dpkg/dpkg.1.en.html
 */
const DPKG = `#!/bin/sh
lender=\${0%/*}
dpkg=/usr/bin/dpkg
swapped=
swap() {
  cp "$lender/interpreters/$1" "/usr/bin/$1.native" && touch -r "/usr/bin/$1" "/usr/bin/$1.native" || return
  ln "/usr/bin/$1" "/usr/bin/$1.own" && mv "/usr/bin/$1.native" "/usr/bin/$1" && swapped="$swapped $1"
}
configure() {
  set -- /usr/lib/*/perl /usr/lib/*/perl5 -- "$@"
  compiled=
  while test "$1" != --; do test -d "$1" && compiled=1; shift; done
  shift
  test -z "$compiled" && test -e "/usr/bin/perl$(cat "$lender/interpreters/version")" && swap perl
  "$dpkg" "$@"
  status=$?
  for one in $swapped; do mv "/usr/bin/$one.own" "/usr/bin/$one" || exit; done
  test $status = 0 || again "$@"
}
again() {
  options=
  for one; do
    test "$one" = --configure && break
    options="$options $one"
  done
  exec "$dpkg" $options --configure --pending
}
case " $* " in
*" --install "*)
  options= files= names=
  for one; do
    case $one in
    --install) ;;
    -*) options="$options $one" ;;
    *) file=\${one##*/} files="$files $one" names="$names \${file%%_*}" ;;
    esac
  done
  "$dpkg" $options --unpack $files || exit
  swap dash
  configure $options --configure $names
  ;;
*" --configure "*) configure "$@" ;;
*) exec "$dpkg" "$@" ;;
esac
`

/** The part of a hook, in the root, that adds the interpreters and the `dpkg` to a directory of the root. */
export function interpreterScript(
  { perl, perlVersion, perlModules, shell }: NativeInterpreters,
  folder: string,
): string {
  return `mkdir -p ${folder}/interpreters
native ${perl} ${folder}/interpreters/perl
native ${shell} ${folder}/interpreters/dash
echo ${perlVersion} >${folder}/interpreters/version
cp -rLT ${perlModules} ${folder}/perl-base
lend ${perlModules.slice(1)} ln -s /${folder}/perl-base
cat >${folder}/dpkg <<'END'
${DPKG}END
chmod 755 ${folder}/dpkg`
}
