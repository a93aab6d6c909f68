import { Readable } from 'node:stream'
import initSqlite from 'sql.js'
import type { Header } from 'tar-stream'
import { MergedLayers } from '../../../packages/core/src/image-files/merged-layers.js'
import { readGoBuildInfo } from '../../../packages/core/src/trust/sbom/go-build-info.js'
import { goPackages } from '../../../packages/core/src/trust/sbom/go-packages.js'
import { npmPackages, pythonPackages } from '../../../packages/core/src/trust/sbom/language-packages.js'
import { debianLicenses, loadLicenses } from '../../../packages/core/src/trust/sbom/licenses.js'
import { packagesIn } from '../../../packages/core/src/trust/sbom/package-list.js'
import { rpmPackages } from '../../../packages/core/src/trust/sbom/rpm/rpm-packages.js'
import { apkPackages, dpkgPackages } from '../../../packages/core/src/trust/sbom/system-packages.js'
import { berkeleyDatabase, ndbDatabase, rpmHeader } from '../../../packages/core/test/trust/rpm-databases.js'
import type { FuzzTarget } from '../target.js'

const HEADERS = ['bash', 'glibc-common'].map((name) =>
  rpmHeader({ 1000: name, 1001: '5.2', 1002: '1.fc42', 1003: 1, 1014: 'MIT', 1022: 'x86_64', 1044: 'x.src.rpm' }),
)

async function sqliteDatabase(): Promise<Uint8Array> {
  const { Database } = await initSqlite()
  const database = new Database()
  database.run('PRAGMA page_size = 512')
  database.run('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)')
  for (const header of HEADERS) database.run('INSERT INTO Packages (blob) VALUES (?)', [header])
  const bytes = database.export()
  database.close()
  return bytes
}

const MODULES = 'path\texample.com/app\ndep\tgolang.org/x/sys\tv0.1.0\th1:x=\n=>\t./local\t\n'
const GO_PROGRAM = Buffer.concat([
  Buffer.from('\x7fELF\0\0\0\0\0\0\0\0\0\0\0\0\xff Go buildinf:\x08\x02', 'latin1'),
  Buffer.alloc(16),
  Buffer.from(`\x08go1.22.3${String.fromCharCode(32 + MODULES.length)}${'s'.repeat(16)}${MODULES}${'e'.repeat(16)}`),
])

/** A layer as lines: a path, a kind and a target. */
function mergeLines(text: string): unknown {
  const merged = new MergedLayers()
  for (const [at, line] of text.split('\n').entries()) {
    const [name = '', type = 'file', linkname = ''] = line.split(' ')
    try {
      merged.add({ name, type, linkname, mode: 0o644 } as Header, at >> 3, at & 7)
    } catch (error) {
      // Reading layers gives this error its type.
      if (!/is a hard link to/.test(String(error))) throw error
    }
  }
  return [...merged.directories()].length
}

const licenseOf = await loadLicenses()

function declared(text: string): unknown {
  return [licenseOf(debianLicenses(text)), licenseOf(text.split('\n'))]
}

/** The lists of packages in images, and layers that are merged. */
export const PACKAGE_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'dpkg-status',
    seeds: ['Package: a\nStatus: install ok installed\nVersion: 1\nSource: b (2)\n\nPackage: c\nVersion: 2\n'],
    words: ['Package:', 'Status:', 'Version:', '\n\n', '\n ', ' \n', 'Source:'],
    read: (input) => dpkgPackages(input.toString()),
  },
  {
    name: 'licenses',
    seeds: ['Format: x\n\nFiles: *\nLicense: GPL-2+ and (MIT or Expat)\n', 'MIT\nGPL-2.0 WITH x'],
    words: ['License:', ' and ', ' OR ', '(', ')', 'GPL-2+', 'MIT', 'LicenseRef-', ' WITH ', '+'],
    read: (input) => declared(input.toString()),
  },
  {
    name: 'apk-installed',
    seeds: ['C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\n\nP:a\nV:1\n'],
    words: ['P:', 'V:', 'L:', '\n\n'],
    read: (input) => apkPackages(input.toString()),
  },
  {
    name: 'npm-package',
    seeds: ['{"name":"@scope/a","version":"1.0.0","license":{"type":"MIT"}}'],
    words: ['"name":', '"version":', '"license":', '__proto__', '[', '{'],
    read: (input) => npmPackages(input.toString()),
  },
  {
    name: 'python-metadata',
    seeds: ['Metadata-Version: 2.1\r\nName: six\r\nVersion: 1\r\nLicense: MIT\r\n\r\nbody'],
    words: ['Name:', 'Version:', 'License-Expression:', '\r\n'],
    read: (input) => pythonPackages(input.toString()),
  },
  {
    name: 'os-release',
    seeds: ['NAME="Debian"\nID=debian\nVERSION_ID="12"\n'],
    words: ['ID=', 'VERSION_ID=', '"', "'"],
    read: (input) => packagesIn({ files: new Map([['etc/os-release', input]]), programs: new Map() }),
  },
  {
    name: 'rpm-sqlite',
    seeds: [await sqliteDatabase()],
    read: (input) => rpmPackages('var/lib/rpm/rpmdb.sqlite', input),
  },
  {
    name: 'rpm-berkeley',
    seeds: [berkeleyDatabase(HEADERS)],
    read: (input) => rpmPackages('var/lib/rpm/Packages', input),
  },
  {
    name: 'rpm-ndb',
    seeds: [ndbDatabase(HEADERS)],
    words: ['Slot', 'BlbS'],
    read: (input) => rpmPackages('usr/lib/sysimage/rpm/Packages.db', input),
  },
  {
    name: 'go-build-info',
    seeds: [GO_PROGRAM],
    words: ['\x7fELF', ' Go buildinf:', 'dep\t', '=>\t', '\n', 'go1.22'],
    read: async (input) => {
      const chunks = [input.subarray(0, 20), input.subarray(20)]
      const info = await readGoBuildInfo(Readable.from(chunks.filter(({ length }) => length > 0)))
      return info && goPackages(info)
    },
  },
  {
    name: 'merged-layers',
    seeds: ['bin directory\nbin/sh file\nsh link bin/sh\nlib symlink usr/lib\n.wh.bin\na/.wh..wh..opq\n../x file'],
    words: ['.wh.', '.wh..wh..opq', '/', '..', ' link ', ' directory', '\n'],
    read: (input) => mergeLines(input.toString()),
  },
]
