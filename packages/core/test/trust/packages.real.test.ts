import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newerEngineRoot } from '../../../../scripts/setup/newer-engine.mjs'
import { runProgram } from '../../../../test/support/child.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushBlob } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { digestOf } from '../../src/model/digest.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { isPythonPackage } from '../../src/trust/sbom/language-packages.js'
import type { Package } from '../../src/trust/sbom/package.js'
import { listPackages, packagesIn } from '../../src/trust/sbom/package-list.js'
import { testRegistry } from '../registry-server/test-registry.js'

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

  test('rpm, with its database in SQLite', async () => {
    await using folder = await tempFolder('sbom')
    const define = ['--define', `_topdir ${folder.path}/build`]
    const specs = ['alpha 1.2 3', 'beta 2.0~rc1 1.fc41', 'gamma-libs 3 4'].map((line) => line.split(' '))
    for (const [name, version, release] of specs) {
      const spec = `Name: ${name}\nVersion: ${version}\nRelease: ${release}\nEpoch: 1\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%description\nx\n%files\n`
      await writeFile(join(folder.path, `${name}.spec`), spec)
      await runProgram('rpmbuild', ['-bb', '--quiet', ...define, join(folder.path, `${name}.spec`)])
    }
    const root = join(folder.path, 'root')
    await mkdir(join(root, 'var/lib/rpm'), { recursive: true })
    const built = join(folder.path, 'build/RPMS/noarch')
    const archives = (await readdir(built)).map((name) => join(built, name))
    const place = ['--root', root, '--dbpath', '/var/lib/rpm', ...define]
    await runProgram('rpm', [...place, '--install', '--nodeps', '--nosignature', ...archives])
    const format = '%{NAME} %{EPOCH} %{VERSION}-%{RELEASE} %{ARCH}\\n'
    const { stdout } = await runProgram('rpm', [...place, '--query', '--all', '--queryformat', format])
    expect(lines(stdout)).toHaveLength(3)
    const packages = await packagesOfRoot(root, ['.'], join(folder.path, 'layer.tar'))
    expect(
      shown(packages, ({ name, epoch, version, architecture }) => `${name} ${epoch} ${version} ${architecture}`),
    ).toEqual(lines(stdout))
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
