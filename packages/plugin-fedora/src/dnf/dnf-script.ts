/**
 * Installs packages, and removes files that depend on the time, the machine or the tool. Its parameters are the folder
 * of the configuration, the release, the architecture, the folder of the package database, and the packages.
 *
 * dnf of version 4 and 5 accept the same options. A macro file sets the place and format of the database for this
 * machine's rpm. The database is copied once, so that its bytes depend on its content only.
 */
export const DNF_SCRIPT = `umask 022
folder=$1 release=$2 architecture=$3 database=$4
shift 4
export HOME="$TMPDIR/home"
mkdir -p "$HOME" "$root/run"
printf '%%_dbpath %s\\n%%_db_backend sqlite\\n%%_netsharedpath /proc\\n' "$database" >"$HOME/.rpmmacros"
dnf=$(command -v dnf || command -v dnf5)
"$dnf" --config="$folder/dnf.conf" --installroot="$root" --releasever="$release" --forcearch="$architecture" \\
  --assumeyes install "$@"
while read -r id hash; do
  for index in "$root/run/polyarch/cache/$id"-*/repodata/repomd.xml; do
    echo "$hash  $index" | sha256sum --check --status || { echo "the index of $id changed during the installation"; exit 1; }
  done
done <"$folder/indexes"
rpmdb --root "$root" --rebuilddb
cd "$root"
rm -f ".$database/.rpm.lock" ".$database/.keyring.lock" ".$database/rpmdb.sqlite-shm" ".$database/rpmdb.sqlite-wal"
rm -rf var/lib/dnf usr/lib/sysimage/libdnf5 var/cache/dnf var/cache/libdnf5 var/cache/yum
rm -rf var/cache/ldconfig/aux-cache var/log/dnf* var/log/hawkey.log
! test -e etc/machine-id || : >etc/machine-id`

/** The configuration of dnf: nothing of this machine's own is read. */
export function dnfConfiguration(repositories: readonly { readonly id: string; readonly url: string }[], keys: string) {
  const main = [
    '[main]',
    'gpgcheck=1',
    'install_weak_deps=0',
    'plugins=0',
    'reposdir=/run/polyarch/none',
    'varsdir=/run/polyarch/none',
    'cachedir=/run/polyarch/cache',
    // The name of version 5; version 4 reports it as unknown, and ignores it.
    'system_cachedir=/run/polyarch/cache',
    'persistdir=/run/polyarch/persist',
    'logdir=/run/polyarch/log',
    'metadata_expire=0',
    'skip_if_unavailable=0',
    'color=never',
  ]
  return (platformId: string) =>
    [
      ...main,
      `module_platform_id=${platformId}`,
      ...repositories.flatMap(({ id, url }) => [`[${id}]`, `name=${id}`, `baseurl=${url}`, `gpgkey=file://${keys}`]),
      '',
    ].join('\n')
}
