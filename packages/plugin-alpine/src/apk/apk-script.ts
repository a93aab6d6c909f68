/**
 * Installs packages in the given order: script before, files, owners, script after; then triggers and the database.
 * `$1` is the folder with the parts of the packages. `files` lists the parts of the database with their places.
 */
export const APK_SCRIPT = `umask 022
folder=$1
cd "$root"
run() {
  script=$1
  shift
  test -e "$script" || return 0
  cp "$script" "$root/.apk-script"
  chmod 755 "$root/.apk-script"
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" chroot "$root" /.apk-script "$@" </dev/null
  rm "$root/.apk-script"
}
number() { awk -F: -v name="$2" '$1 == name { print $3; exit }' "$root/etc/$1"; }
while read -r at name version; do
  echo "installing $name $version"
  run "$folder/$at.pre-install" "$version"
  tar --extract --gzip --file="$folder/$at.data" --directory="$root" --numeric-owner --preserve-permissions \\
    --keep-directory-symlink --warning=no-unknown-keyword
  while read -r user group mode path; do
    uid=$(number passwd "$user") gid=$(number group "$group")
    test -n "$uid" -a -n "$gid" || { echo "$name needs the owner $user:$group, which does not exist"; exit 1; }
    chown -h "$uid:$gid" "$path"
    test -h "$path" || chmod "$mode" "$path"
    sed -i "s/%u{$user}/$uid/g; s/%g{$group}/$gid/g" "$folder/installed"
  done <"$folder/$at.owners"
  run "$folder/$at.post-install" "$version"
done <"$folder/packages"
while read -r at folders; do
  existing=
  for one in $folders; do test ! -d "$root$one" || existing="$existing $one"; done
  test -z "$existing" || run "$folder/$at.trigger" $existing
done <"$folder/triggered"
mkdir -p lib/apk/db etc/apk
for one in installed scripts.tar triggers; do install -m 644 "$folder/$one" "lib/apk/db/$one"; done
for one in world repositories arch; do install -m 644 "$folder/$one" "etc/apk/$one"; done
rm -rf var/cache/apk/* var/log/apk.log`
