import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Environment } from '../../host/environment.js'
import { makeTempFolder } from '../../host/temp-folder.js'
import { DPKG_PATH } from './native-tools.js'
import { PackageCache } from './package-cache.js'

/** Lets mmdebstrap use the packages of a cache. */
export interface PackageLender extends AsyncDisposable {
  /** Returns the environment in which mmdebstrap uses the cache. */
  addTo(env: Environment): Environment
  /** Adds the downloaded packages to the cache. If that fails, later runs are only slower. */
  keep(): Promise<void>
}

/**
 * An `apt-get` for the PATH, which runs apt's own. First apt lists the packages to download, with the hashes of the
 * signed index. Cached ones are copied into its archive directory, which mmdebstrap empties at its end. The copies are
 * verified, because apt compares only their size. A download changes the time of `partial`, which stays in the base, so
 * it is changed without one too. After the download, new packages are linked into `downloads`.
 *
 * @see https://manpages.debian.org/bookworm/apt/apt-get.8.en.html
 */
const APT_GET = `#!/bin/sh
lender=\${0%/*}
PATH=\${PATH#"$lender:"}
case " $* " in
*" install "* | *" dist-upgrade "*) ;;
*) exec apt-get "$@" ;;
esac
uris=$(apt-get -qq -oAcquire::ForceHash=SHA256 --print-uris "$@" 2>/dev/null) || exec apt-get "$@"
list=$(printf '%s\\n' "$uris" | sed -n "s/^'[^']*' \\([^ /]*\\.deb\\) [0-9]* SHA256:\\([0-9a-f]\\{64\\}\\)$/\\2 \\1/p")
eval "$(apt-config shell archives Dir::Cache::archives/d)"
copies=$archives/polyarch
mkdir -p "$copies" || exec apt-get "$@"
printf '%s\\n' "$list" | while read -r hash name; do
  test -f "$lender/cache/$hash" && cp "$lender/cache/$hash" "$copies/$hash.$name" && echo "$hash  $hash.$name"
done >"$copies/list" 2>/dev/null
(cd "$copies" && LC_ALL=C sha256sum --check list 2>/dev/null) | sed -n 's/: OK$//p' | while read -r copy; do
  mv "$copies/$copy" "$archives/\${copy#*.}" && echo "\${copy%%.*}" >>"$lender/used"
done
rm -r "$copies"
test -z "$list" || ! test -d "$archives/partial" || touch "$archives/partial"
missing=$(printf '%s\\n' "$list" | while read -r hash name; do test -e "$archives/$name" || echo "$name"; done)
apt-get "$@" || exit
for name in $missing; do
  ln "$archives/$name" "$lender/downloads" || cp "$archives/$name" "$lender/downloads"
done 2>/dev/null
exit 0
`

/** Lends the packages of a cache to one run of mmdebstrap. @param directory - may not exist */
export async function lendPackages(directory: string): Promise<PackageLender> {
  const folder = await makeTempFolder('packages')
  const [tool, downloads, used] = ['apt-get', 'downloads', 'used'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(tool, APT_GET)
  await writeFile(used, '')
  await mkdir(downloads)
  await symlink(resolve(directory), join(folder.path, 'cache'))
  await chmod(tool, 0o755)
  // Without root, mmdebstrap runs as another user. What it writes is checked before it is added to the cache.
  if (process.getuid?.() !== 0) {
    await Promise.all([chmod(folder.path, 0o755), chmod(downloads, 0o1777), chmod(used, 0o666)])
  }
  return {
    addTo: (env) => ({ ...env, PATH: `${folder.path}:${env['PATH'] ?? DPKG_PATH}` }),
    keep: () => keep(new PackageCache(directory), downloads, used).catch(() => {}),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

async function keep(cache: PackageCache, downloads: string, used: string): Promise<void> {
  for (const name of await readdir(downloads)) await cache.add(join(downloads, name))
  await cache.markUsed((await readFile(used, 'utf8')).split('\n'))
  await cache.prune()
}
