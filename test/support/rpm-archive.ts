import { execFileSync } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { busyboxPath } from '../../scripts/setup/busybox.mjs'

/** RPM's architectures, with Debian's words for them. */
const ARCHITECTURES = { x86_64: 'amd64', aarch64: 'arm64' } as const

/** A key that signs packages. */
export interface RpmKey {
  readonly home: string
  readonly fingerprint: string
  readonly armored: string
}

/** A system of one program, and a package whose script runs that program while it is installed. */
const SPECS = {
  system: (busybox: string) => `Name: tiny-system
Version: 1
Release: 1
Summary: A system of one program
License: none
AutoReqProv: no
Provides: bash coreutils-single dnf5 fedora-release-container glibc-minimal-langpack
%description
A system of one program.
%install
mkdir -p %{buildroot}/bin %{buildroot}/etc
cp ${busybox} %{buildroot}/bin/busybox
ln -s busybox %{buildroot}/bin/sh
echo tiny >%{buildroot}/etc/tiny-release
%files
%attr(755,root,root) /bin/busybox
/bin/sh
/etc/tiny-release
`,
  script: (version: number) => `Name: tiny-script
Version: ${version}
Release: 1
Summary: A package with a script
License: none
BuildArch: noarch
AutoReqProv: no
Requires(post): tiny-system
%description
A package with a script.
%post
/bin/busybox uname -m >/etc/machine
/bin/busybox date >/dev/null
%files
`,
}

const DEFINES = ['__strip /bin/true', '_build_id_links none', 'debug_package %{nil}', '__os_install_post %{nil}']

/** Makes a key that signs packages. */
export async function makeRpmKey(folder: string, name: string): Promise<RpmKey> {
  const home = join(folder, `gnupg-${name}`)
  await mkdir(home, { mode: 0o700 })
  const gpg = (...args: readonly string[]) =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', ...args], { encoding: 'utf8', stdio: 'pipe' })
  gpg('--passphrase', '', '--quick-generate-key', `${name} <${name}@example.com>`, 'rsa2048', 'sign', 'never')
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(gpg('--with-colons', '--list-keys'))?.[1] ?? ''
  return { home, fingerprint, armored: gpg('--armor', '--export') }
}

/**
 * Writes an archive with one repository, `tiny/<architecture>`, for two architectures.
 *
 * @param version - of one of its packages: another one is another state of the archive.
 * @param key - signs the packages; without it, they are not signed.
 */
export async function writeRpmArchive(folder: string, version: number, key?: RpmKey): Promise<void> {
  for (const [architecture, word] of Object.entries(ARCHITECTURES)) {
    const repository = join(folder, 'tiny', architecture)
    const work = join(folder, 'work', architecture)
    await mkdir(repository, { recursive: true })
    await mkdir(work, { recursive: true })
    const specs = { system: SPECS.system(busyboxPath(word)), script: SPECS.script(version) }
    for (const [name, spec] of Object.entries(specs)) {
      const file = join(work, `${name}.spec`)
      await writeFile(file, spec)
      const places = [`_topdir ${work}`, `_rpmdir ${repository}`, '_build_name_fmt %{NAME}-%{ARCH}.rpm']
      const defines = [...DEFINES, ...places].flatMap((define) => ['--define', define])
      const target = name === 'system' ? ['--target', architecture] : []
      run('rpmbuild', ['-bb', '--quiet', ...target, ...defines, file], folder)
    }
    const packages = (await readdir(repository)).filter((name) => name.endsWith('.rpm'))
    if (key !== undefined)
      sign(
        packages.map((name) => join(repository, name)),
        key,
        folder,
      )
    run('createrepo_c', ['--quiet', repository], folder)
  }
}

function sign(files: readonly string[], { home, fingerprint }: RpmKey, folder: string): void {
  const defines = [`_gpg_name ${fingerprint}`, `_gpg_path ${home}`, '__gpg /usr/bin/gpg']
  run('rpmsign', ['--addsign', ...defines.flatMap((define) => ['--define', define]), ...files], folder)
}

function run(program: string, args: readonly string[], home: string): void {
  execFileSync(program, args, { stdio: 'pipe', env: { ...process.env, HOME: home } })
}
