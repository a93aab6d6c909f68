import { describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushBlob } from '../../../../test/support/push-tiny.js'
import { type TinyImageOptions, tinyImage } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { createRegistry } from '../../src/registry/client.js'
import { sbomDocument } from '../../src/trust/sbom/documents.js'
import { readPackageFiles } from '../../src/trust/sbom/package-files.js'
import { packagesIn } from '../../src/trust/sbom/package-list.js'
import { testRegistry } from '../registry-server/test-registry.js'

const filesOf = (files: Readonly<Record<string, string>>) => ({
  files: new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)])),
  programs: new Map(),
})

const DPKG = `Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2+b7
Description: GNU Bourne Again SHell
 Bash is an sh-compatible command language interpreter.
Source: bash (5.2.15-2)

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: libc6
Status: install ok installed
Architecture: armhf
Version: 2.36-9
Source: glibc
`

describe('the packages of an image', () => {
  test('of dpkg are those that are installed', async () => {
    const { distribution, packages } = await packagesIn(
      filesOf({ 'var/lib/dpkg/status': DPKG, 'etc/os-release': 'NAME="Debian"\nID=debian\nVERSION_ID="12"\n' }),
    )
    expect(distribution).toEqual({ id: 'debian', version: '12' })
    expect(packages).toEqual([
      { type: 'deb', name: 'bash', version: '5.2.15-2+b7', architecture: 'amd64' },
      { type: 'deb', name: 'libc6', version: '2.36-9', architecture: 'armhf', source: 'glibc' },
    ])
  })

  test('of distroless images are read from one file each', async () => {
    const files = {
      'var/lib/dpkg/status.d/tzdata': 'Package: tzdata\nVersion: 2024a\nArchitecture: all\n',
      'var/lib/dpkg/status.d/tzdata.md5sums': 'Package: wrong\nVersion: 1\n',
    }
    expect((await packagesIn(filesOf(files))).packages).toEqual([
      { type: 'deb', name: 'tzdata', version: '2024a', architecture: 'all' },
    ])
  })

  test('of apk, npm and Python are found in any directory', async () => {
    const { packages } = await packagesIn(
      filesOf({
        'lib/apk/db/installed':
          'C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\no:musl\n\nP:libcrypto3\nV:3.3.0-r2\nA:x86_64\no:openssl\n',
        'app/node_modules/@scope/a/package.json': '{"name":"@scope/a","version":"1.0.0"}',
        'app/node_modules/b/package.json': '{"name":"b","version":"2.0.0"}',
        'app/node_modules/broken/package.json': '{',
        'app/node_modules/c/package.json': '{"name":["c"]}',
        'usr/lib/python3/dist-packages/six-1.16.dist-info/METADATA':
          'Metadata-Version: 2.1\r\nName: six\r\nVersion: 1.16.0\r\n\r\nName: body\r\n',
      }),
    )
    expect(packages.map(({ type, name, version, source }) => [type, name, version, source])).toEqual([
      ['apk', 'libcrypto3', '3.3.0-r2', 'openssl'],
      ['apk', 'musl', '1.2.5-r0', undefined],
      ['npm', '@scope/a', '1.0.0', undefined],
      ['npm', 'b', '2.0.0', undefined],
      ['pypi', 'six', '1.16.0', undefined],
    ])
  })

  test('have the licenses that they declare', async () => {
    const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: somebody
License: GPL-2+
 Its text.

Files: debian/*
License: Expat or GPL-2+
`
    const { packages } = await packagesIn(
      filesOf({
        'var/lib/dpkg/status': DPKG,
        'usr/share/doc/bash/copyright': copyright,
        'usr/share/doc/libc6/copyright': 'Free text, with a\n\nLicense: that is not machine-readable\n',
        'lib/apk/db/installed': 'P:musl\nV:1.2.5-r0\nL:MIT\n',
        'node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"(MIT OR Apache-2.0)"}',
        'node_modules/b/package.json': '{"name":"b","version":"1.0.0","license":{"type":"BSD"}}',
        'x/a-1.dist-info/METADATA': 'Name: a\nVersion: 1\nLicense: Apache 2.0\nLicense-Expression: Apache-2.0\n',
        'x/b-1.dist-info/METADATA': 'Name: b\nVersion: 1\nLicense: UNKNOWN\n',
      }),
    )
    expect(packages.map(({ type, name, licenses }) => [type, name, licenses])).toEqual([
      ['apk', 'musl', ['MIT']],
      ['deb', 'bash', ['Expat or GPL-2+', 'GPL-2+']],
      ['deb', 'libc6', undefined],
      ['npm', 'a', ['(MIT OR Apache-2.0)']],
      ['npm', 'b', ['BSD']],
      ['pypi', 'a', ['Apache-2.0']],
      ['pypi', 'b', undefined],
    ])
  })

  test('in a damaged database of rpm are an error', async () => {
    const files = new Map([['var/lib/rpm/Packages', Buffer.alloc(10)]])
    await expect(packagesIn({ files, programs: new Map() })).rejects.toMatchObject({ code: 'MANIFEST_UNSUPPORTED' })
  })
})

describe('files of an image', () => {
  const AMD64 = { os: 'linux', architecture: 'amd64' }

  async function read(layers: readonly TinyImageOptions['files'][]) {
    await using cleanup = new Cleanup()
    const { server } = cleanup.use(await testRegistry())
    const registry = cleanup.use(createRegistry())
    const images = await Promise.all(layers.map((files = {}) => tinyImage({ platform: AMD64, files })))
    for (const { layer } of images) await pushBlob({ url: server.url, repository: 'app' }, layer)
    const layersOf = images.map(({ layer }) => layer.descriptor)
    const image = { reference: { registry: server.host, repository: 'app' }, manifest: { layers: layersOf } }
    const { files } = await readPackageFiles(image, (path) => path.endsWith('.wanted'), registry, {})
    return Object.fromEntries([...files].map(([path, content]) => [path, content.toString()]).sort())
  }

  test('are those that upper layers do not hide', async () => {
    const lower = {
      'a/1.wanted': 'one',
      'a/2.wanted': 'two',
      'a/x': 'other',
      'b/c/3.wanted': 'three',
      'd/4.wanted': 'four',
      'e/5.wanted': 'five',
    }
    expect(await read([lower])).toEqual({
      ...{
        'a/1.wanted': 'one',
        'a/2.wanted': 'two',
        'b/c/3.wanted': 'three',
        'd/4.wanted': 'four',
        'e/5.wanted': 'five',
      },
    })
    const upper = {
      'a/.wh.1.wanted': '',
      'a/2.wanted': 'new',
      '.wh.b': '',
      'd/.wh..wh..opq': '',
      'd/6.wanted': 'six',
      e: 'a file now',
    }
    expect(await read([lower, upper])).toEqual({ 'a/2.wanted': 'new', 'd/6.wanted': 'six' })
    expect(await read([lower, { 'a/2.wanted': { linkTo: '/elsewhere' } }])).not.toHaveProperty('a/2.wanted')
  })

  test('are read beside names that are not UTF-8 or have `..` in them, as engines unpack them', async () => {
    const strange = { 'x/../y/1.wanted': 'one', '../../2.wanted': 'two', 'caf\uFFFD': 'other' }
    expect(await read([strange])).toEqual({ 'y/1.wanted': 'one', '2.wanted': 'two' })
  })

  test('cannot be read from a layer that is not an archive', async () => {
    await using cleanup = new Cleanup()
    const { server } = cleanup.use(await testRegistry())
    const registry = cleanup.use(createRegistry())
    const bytes = Buffer.from('no gzip')
    const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(bytes), size: 7 }
    await pushBlob({ url: server.url, repository: 'app' }, { bytes, descriptor })
    const image = { reference: { registry: server.host, repository: 'app' }, manifest: { layers: [descriptor] } }
    await expect(readPackageFiles(image, () => true, registry, {})).rejects.toMatchObject({
      code: 'MANIFEST_UNSUPPORTED',
      message: expect.stringContaining('cannot be listed'),
    })
  })
})

describe('an SBOM', () => {
  const image = { name: 'ghcr.io/team/app', digest: digestOf('app'), created: 1_700_000_000_500 }
  const list = {
    distribution: { id: 'debian', version: '12' },
    packages: [
      { type: 'deb', name: 'g++', version: '4:12.2.0-3', architecture: 'amd64', source: 'gcc-defaults' },
      { type: 'rpm', name: 'bind', version: '9.18-1', architecture: 'x86_64', epoch: '32' },
      { type: 'npm', name: '@scope/a', version: '1.0.0' },
      { type: 'golang', name: 'golang.org/x/sys', version: 'v0.20.0' },
    ],
  } as const

  test('names packages by their URLs, in SPDX and CycloneDX', async () => {
    const spdx = JSON.stringify(await sbomDocument('spdx', image, list))
    const cyclonedx = JSON.stringify(await sbomDocument('cyclonedx', image, list))
    const urls = [
      'pkg:deb/debian/g%2B%2B@4:12.2.0-3?arch=amd64&distro=debian-12',
      'pkg:rpm/debian/bind@9.18-1?arch=x86_64&distro=debian-12&epoch=32',
      'pkg:npm/%40scope/a@1.0.0',
      'pkg:golang/golang.org/x/sys@v0.20.0',
    ]
    for (const url of urls)
      for (const text of [spdx, cyclonedx]) expect(text.replaceAll('%3A', ':')).toContain(`"${url}"`)
  })

  test('in SPDX relates all packages to the image', async () => {
    expect(await sbomDocument('spdx', image, list)).toMatchObject({
      spdxVersion: 'SPDX-2.3',
      documentNamespace: expect.stringMatching(/^https:\/\/polyarch\.io\/spdx\/[0-9a-f]{64}$/),
      creationInfo: { created: '2023-11-14T22:13:20Z' },
      packages: [{ SPDXID: 'SPDXRef-Image' }, { name: 'g++', sourceInfo: 'built from gcc-defaults' }, {}, {}, {}],
      relationships: [
        { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-Image' },
        { spdxElementId: 'SPDXRef-Image', relationshipType: 'CONTAINS', relatedSpdxElement: 'SPDXRef-Package-0' },
        {},
        {},
        {},
      ],
    })
  })

  test('has licenses as expressions of SPDX, or by references to their names', async () => {
    const licensed = (name: string, ...licenses: string[]) => ({ type: 'deb', name, version: '1', licenses }) as const
    const packages = [
      licensed('a', 'Expat or GPL-2+', 'LGPL-2.1'),
      licensed('b', 'BSD-like license', 'MIT'),
      licensed('c', 'Apache-2.0'),
    ]
    const spdx = await sbomDocument('spdx', image, { distribution: undefined, packages })
    expect(spdx).toMatchObject({
      packages: [
        { licenseDeclared: 'NOASSERTION' },
        { licenseDeclared: '(MIT OR GPL-2.0-or-later) AND LGPL-2.1-only' },
        { licenseDeclared: expect.stringMatching(/^LicenseRef-BSD-like-license-[0-9a-f]{8} AND MIT$/) },
        { licenseDeclared: 'Apache-2.0' },
      ],
      hasExtractedLicensingInfos: [{ name: 'BSD-like license', extractedText: 'BSD-like license' }],
    })
    expect(await sbomDocument('cyclonedx', image, { distribution: undefined, packages })).toMatchObject({
      components: [
        { licenses: [{ expression: '(MIT OR GPL-2.0-or-later) AND LGPL-2.1-only' }] },
        { licenses: [{ license: { name: 'BSD-like license' } }, { license: { name: 'MIT' } }] },
        { licenses: [{ expression: 'Apache-2.0' }] },
      ],
    })
  })

  test('in CycloneDX has a serial number derived from the image', async () => {
    expect(await sbomDocument('cyclonedx', image, list)).toMatchObject({
      bomFormat: 'CycloneDX',
      serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      components: [{ name: 'g++' }, { name: 'bind' }, { name: '@scope/a' }, { name: 'golang.org/x/sys' }],
    })
  })
})
