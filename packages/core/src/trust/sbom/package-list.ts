import type { LayeredImage } from '../../image-files/image-entries.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { goPackages } from './go-packages.js'
import { isNpmPackage, isPythonPackage, npmPackages, pythonPackages } from './language-packages.js'
import { debianLicenses } from './licenses.js'
import type { Distribution, Package, PackageList } from './package.js'
import { type PackageFiles, readPackageFiles } from './package-files.js'
import { isRpmDatabase, rpmPackages } from './rpm/rpm-packages.js'
import { apkPackages, dpkgPackages } from './system-packages.js'

/** The first file that exists describes the distribution. */
const OS_RELEASE = ['etc/os-release', 'usr/lib/os-release'] as const

/** Lists the packages of an image, from the databases of package managers in its layers. */
export async function listPackages(image: LayeredImage, registry: Registry, call: RegistryCall): Promise<PackageList> {
  return packagesIn(await readPackageFiles(image, isPackageFile, registry, call))
}

function isDpkg(path: string): boolean {
  return path === 'var/lib/dpkg/status' || (path.startsWith('var/lib/dpkg/status.d/') && !path.endsWith('.md5sums'))
}

function isApk(path: string): boolean {
  return path === 'lib/apk/db/installed' || path === 'usr/lib/apk/db/installed'
}

function isPackageFile(path: string): boolean {
  const isRelease = OS_RELEASE.some((one) => one === path)
  return [isDpkg, isCopyright, isApk, isRpmDatabase, isNpmPackage, isPythonPackage].some((is) => is(path)) || isRelease
}

function isCopyright(path: string): boolean {
  return /^usr\/share\/doc\/[^/]+\/copyright$/.test(path)
}

/** Adds the licenses in the copyright file of a Debian package, if there is one. */
function withCopyright(one: Package, files: PackageFiles['files']): Package {
  if (one.type !== 'deb') return one
  const copyright = files.get(`usr/share/doc/${one.name}/copyright`)
  const licenses = copyright === undefined ? [] : debianLicenses(copyright.toString())
  return licenses.length === 0 ? one : { ...one, licenses }
}

/** Lists the packages that files of an image describe. */
export async function packagesIn({ files, programs }: PackageFiles): Promise<PackageList> {
  const found = await Promise.all([...files].map(([path, content]) => packagesOf(path, content)))
  const modules = [...programs.values()].flatMap(goPackages)
  const byIdentity = new Map([...found.flat(), ...modules].map((one) => [identityOf(one), withCopyright(one, files)]))
  const packages = [...byIdentity].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
  const release = OS_RELEASE.map((path) => files.get(path)).find((content) => content !== undefined)
  return { distribution: release && readDistribution(release.toString()), packages }
}

async function packagesOf(path: string, content: Buffer): Promise<readonly Package[]> {
  if (isDpkg(path)) return dpkgPackages(content.toString())
  if (isApk(path)) return apkPackages(content.toString())
  if (isRpmDatabase(path)) return rpmPackages(path, content)
  if (isNpmPackage(path)) return npmPackages(content.toString())
  return isPythonPackage(path) ? pythonPackages(content.toString()) : []
}

function identityOf({ type, name, version, architecture = '' }: Package): string {
  return [type, name, version, architecture].join(' ')
}

/** @see https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
function readDistribution(release: string): Distribution | undefined {
  const field = (name: string) => new RegExp(`^${name}=(["']?)(.*)\\1$`, 'm').exec(release)?.[2]
  const [id, version] = [field('ID'), field('VERSION_ID')]
  return id ? { id, ...(version && { version }) } : undefined
}
