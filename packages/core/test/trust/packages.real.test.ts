import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from 'vitest'
import { newerEngineRoot } from '../../../../scripts/setup/newer-engine.mjs'
import { sidProgramPath } from '../../../../scripts/setup/sid-programs.mjs'
import { makeApkKey, writeApkArchive } from '../../../../test/support/apk-archive.js'
import { runProgram } from '../../../../test/support/child.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { startLoopbackArchive } from '../../../../test/support/loopback-archive.js'
import { pushBlob } from '../../../../test/support/push-tiny.js'
import { makeRpmKey, writeRpmArchive } from '../../../../test/support/rpm-archive.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type ApkSource, apk } from '../../../plugin-alpine/src/index.js'
import { type DnfSource, dnf } from '../../../plugin-fedora/src/index.js'
import type { MadeBase } from '../../src/definition/plugin/base-source.js'
import type { RootfsKind } from '../../src/definition/plugin/index.js'
import { digestOf } from '../../src/model/digest.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { createRootfsMaker } from '../../src/rootfs/maker.js'
import { isPythonPackage } from '../../src/trust/sbom/language-packages.js'
import type { Package } from '../../src/trust/sbom/package.js'
import { listPackages, packagesIn } from '../../src/trust/sbom/package-list.js'
import { sqliteBlobs } from '../../src/trust/sbom/rpm/sqlite-database.js'
import { testRegistry } from '../registry-server/test-registry.js'
import { ndbDatabase } from './rpm-databases.js'

const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted()

const shown = (packages: readonly Package[], format: (one: Package) => string) => packages.map(format).toSorted()

/** Lists the packages of an image of one layer, made of some paths of a directory. */
async function packagesOfRoot(root: string, paths: readonly string[], archive: string): Promise<readonly Package[]> {
  await using cleanup = new Cleanup()
  const { server } = cleanup.use(await testRegistry())
  const registry = cleanup.use(createRegistry())
  await runProgram('tar', ['--create', '--file', archive, '--directory', root, ...paths])
  const bytes = await readFile(archive)
  const descriptor = { mediaType: MEDIA_TYPES.ociLayer, digest: digestOf(bytes), size: bytes.byteLength }
  await pushBlob({ url: server.url, repository: 'app' }, { bytes, descriptor })
  const image = { reference: { registry: server.host, repository: 'app' }, manifest: { layers: [descriptor] } }
  return (await listPackages(image, registry, {})).packages
}

/** Makes a base from packages, and unpacks it. */
async function rootOf<Source extends object>(by: RootfsKind<Source>, source: Source, path: string): Promise<string> {
  const maker = createRootfsMaker({ cacheDirectory: join(path, 'cache') })
  const layer = await maker.make(await maker.resolve({ kind: 'made', by, source } as MadeBase, {}), {})
  const [root, archive] = [join(path, 'root'), join(path, 'root.tar.gz')]
  await mkdir(root)
  await pipeline(await layer.blob.open(), createWriteStream(archive))
  await runProgram('tar', ['-xzpf', archive, '-C', root, '--numeric-owner'])
  return root
}

describe('packages read from layers are those that the package manager lists:', () => {
  test('dpkg, in a Debian root', async () => {
    await using folder = await tempFolder('sbom')
    const root = newerEngineRoot()
    const format = '${Package} ${Version} ${Architecture}\\n'
    const { stdout } = await runProgram('chroot', [root, 'dpkg-query', '--show', `--showformat=${format}`])
    const packages = await packagesOfRoot(root, ['var/lib/dpkg', 'usr/lib/os-release'], join(folder.path, 'layer.tar'))
    expect(packages.length).toBeGreaterThan(50)
    expect(shown(packages, ({ name, version, architecture }) => `${name} ${version} ${architecture}`)).toEqual(
      lines(stdout),
    )
  })

  test('rpm, with its database in each of its forms', async () => {
    await using folder = await tempFolder('sbom')
    const define = ['--define', `_topdir ${folder.path}/build`]
    const specs = ['alpha 1.2 3', 'beta 2.0~rc1 1.fc41', 'gamma-libs 3 4'].map((line) => line.split(' '))
    for (const [name, version, release] of specs) {
      const spec = `Name: ${name}\nVersion: ${version}\nRelease: ${release}\nEpoch: 1\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%description\nx\n%files\n`
      await writeFile(join(folder.path, `${name}.spec`), spec)
      await runProgram('rpmbuild', ['-bb', '--quiet', ...define, join(folder.path, `${name}.spec`)])
    }
    const built = join(folder.path, 'build/RPMS/noarch')
    const archives = (await readdir(built)).map((name) => join(built, name))
    const listed = async (root: string) => {
      const packages = await packagesOfRoot(root, ['.'], join(folder.path, 'layer.tar'))
      return shown(packages, ({ name, epoch, version, architecture, source, licenses }) =>
        [name, epoch, version, architecture, source, licenses].join(' '),
      )
    }
    const format = '%{NAME} %{EPOCH} %{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM} %{LICENSE}\\n'
    const root = join(folder.path, 'sqlite')
    await mkdir(join(root, 'var/lib/rpm'), { recursive: true })
    const place = ['--root', root, '--dbpath', '/var/lib/rpm', ...define]
    await runProgram('rpm', [...place, '--install', '--nodeps', '--nosignature', ...archives])
    const { stdout } = await runProgram('rpm', [...place, '--query', '--all', '--queryformat', format])
    expect(lines(stdout)).toHaveLength(3)
    expect(await listed(root)).toEqual(lines(stdout))

    // Debian's rpm writes SQLite alone. The library of Berkeley DB writes what rpm did until 2020.
    const blobs = await sqliteBlobs(await readFile(join(folder.path, 'sqlite/var/lib/rpm/rpmdb.sqlite')))
    const large = Buffer.concat([blobs[0] ?? Buffer.alloc(0), Buffer.alloc(20_000)])
    for (const [at, blob] of [large, ...blobs.slice(1)].entries())
      await writeFile(join(folder.path, `blob-${at}`), blob)
    const berkeley = join(folder.path, 'berkeley')
    await mkdir(join(berkeley, 'var/lib/rpm'), { recursive: true })
    const script = `use DB_File; $DB_HASH->{bsize} = 4096; tie(my %h, 'DB_File', $ARGV[0], O_RDWR|O_CREAT, 0644, $DB_HASH) or die;
$h{pack('L', 0)} = pack('L', 3); my $n = 0;
for (@ARGV[1..$#ARGV]) { open(my $f, '<:raw', $_) or die; local $/; $h{pack('L', ++$n)} = <$f>; } untie %h;`
    const values = blobs.map((_, at) => join(folder.path, `blob-${at}`))
    await runProgram('perl', ['-e', script, join(berkeley, 'var/lib/rpm/Packages'), ...values])
    expect(await listed(berkeley)).toEqual(lines(stdout))

    const ndb = join(folder.path, 'ndb/usr/lib/sysimage/rpm')
    await mkdir(ndb, { recursive: true })
    await writeFile(join(ndb, 'Packages.db'), ndbDatabase(blobs))
    expect(await listed(join(folder.path, 'ndb'))).toEqual(lines(stdout))
  })

  test('apk, in a root of apk packages that plugin-alpine makes', async () => {
    await using cleanup = new Cleanup()
    const { path } = cleanup.use(await tempFolder('sbom'))
    const key = makeApkKey()
    await writeApkArchive(join(path, 'archive'), key)
    const { mirror } = cleanup.use(await startLoopbackArchive(path))
    const source: ApkSource = {
      ...{ distribution: 'tiny', branch: 'v1', repositories: ['main'], architecture: 'x86_64' },
      ...{ packages: ['tiny-service'], mirror: `${mirror}/archive`, keys: { [key.fingerprint]: key.publicKey } },
    }
    const root = await rootOf(apk, source, path)
    // Debian has no program that reads the database of apk; the root has busybox.
    const script = 'busybox awk -F: \'$1=="P"{p=$2} $1=="V"{v=$2} $1=="A"{a=$2} $1==""&&p{print p,v,a; p=""}\''
    const { stdout } = await runProgram('chroot', [root, '/bin/sh', '-c', `${script} /lib/apk/db/installed`])
    expect(lines(stdout).length).toBeGreaterThan(2)
    const packages = await packagesOfRoot(root, ['.'], join(path, 'layer.tar'))
    expect(shown(packages, ({ name, version, architecture }) => `${name} ${version} ${architecture}`)).toEqual(
      lines(stdout),
    )
  })

  test('rpm, in a root of rpm packages that plugin-fedora makes', async () => {
    await using cleanup = new Cleanup()
    const { path } = cleanup.use(await tempFolder('sbom'))
    const key = await makeRpmKey(path, 'archive')
    await writeRpmArchive(join(path, 'signed'), 1, key)
    const { mirror } = cleanup.use(await startLoopbackArchive(path))
    const database = '/usr/lib/sysimage/rpm'
    const source: DnfSource = {
      ...{ distribution: 'tiny', release: '1', architecture: 'x86_64', mirror: `${mirror}/signed`, database },
      repositories: [{ id: 'tiny', path: 'tiny/x86_64' }],
      packages: ['tiny-system', 'tiny-script'],
      platformId: 'platform:t1',
      keys: { [key.fingerprint]: key.armored },
    }
    const root = await rootOf(dnf, source, path)
    const format = '%{NAME} %{VERSION}-%{RELEASE} %{ARCH}\\n'
    const query = ['--query', '--all', '--queryformat', format]
    const { stdout } = await runProgram('rpm', ['--root', root, '--dbpath', database, ...query])
    const expected = lines(stdout).filter((line) => !line.startsWith('gpg-pubkey'))
    expect(expected.length).toBeGreaterThan(1)
    const packages = await packagesOfRoot(root, ['.'], join(path, 'layer.tar'))
    expect(shown(packages, ({ name, version, architecture }) => `${name} ${version} ${architecture}`)).toEqual(expected)
  })

  test('Go, in the program kubectl', async () => {
    await using folder = await tempFolder('sbom')
    const program = sidProgramPath('kubectl')
    const { stdout } = await runProgram(program, ['version', '--client', '--output=json'])
    const { goVersion } = JSON.parse(stdout).clientVersion
    const packages = await packagesOfRoot(dirname(program), ['kubectl'], join(folder.path, 'layer.tar'))
    expect(packages.map(({ type, name, version }) => `${type} ${name} go${version}`)).toEqual([
      `golang stdlib ${goVersion}`,
    ])
  })

  test("Python's, of this machine", async () => {
    const script = `import importlib.metadata as m, json
found = [(d.metadata['Name'], d.version, str(d._path)) for d in m.distributions()]
print(json.dumps(found))`
    const { stdout } = await runProgram('python3', ['-c', script], { maxBuffer: 1e8 })
    const found = JSON.parse(stdout) as [name: string, version: string, path: string][]
    expect(found.length).toBeGreaterThan(0)
    const files = await Promise.all(
      found.map(async ([, , path]) => {
        const inside = path.endsWith('.dist-info') ? `${path}/METADATA` : `${path}/PKG-INFO`
        const content = await readFile(inside).catch(() => readFile(path))
        return [path.endsWith('-info') ? inside.slice(1) : path.slice(1), content] as const
      }),
    )
    expect(files.filter(([path]) => !isPythonPackage(path))).toEqual([])
    const { packages } = await packagesIn({ files: new Map(files), programs: new Map() })
    const expected = [...new Set(found.map(([name, version]) => `${name} ${version}`))]
    expect(shown(packages, ({ name, version }) => `${name} ${version}`)).toEqual(expected.toSorted())
  })
})
