import { expect, it } from 'vitest'
import { rpmPackages } from '../../src/trust/sbom/rpm/rpm-packages.js'
import { berkeleyDatabase, ndbDatabase, rpmHeader } from './rpm-databases.js'

const BASH = rpmHeader({
  1000: 'bash',
  1001: '5.2',
  1002: '1',
  1003: 2,
  1014: 'GPL-3.0-or-later',
  1022: 'x86_64',
  1044: 'bash.src.rpm',
})
const LONG = rpmHeader({ 1000: 'long', 1001: '1', 1002: '2', 1004: 'x'.repeat(2000) })
const KEY = rpmHeader({ 1000: 'gpg-pubkey', 1001: 'abc', 1002: 'def' })
const PACKAGES = [
  {
    ...{ type: 'rpm', name: 'bash', version: '5.2-1', epoch: '2', architecture: 'x86_64', source: 'bash.src.rpm' },
    licenses: ['GPL-3.0-or-later'],
  },
  { type: 'rpm', name: 'long', version: '1-2' },
]
const BERKELEY = 'var/lib/rpm/Packages'
const NDB = 'usr/lib/sysimage/rpm/Packages.db'

it('reads Berkeley DB and the format of SUSE', async () => {
  expect(await rpmPackages(BERKELEY, berkeleyDatabase([BASH, LONG, KEY]))).toEqual(PACKAGES)
  expect(await rpmPackages(NDB, ndbDatabase([BASH, LONG, KEY]))).toEqual(PACKAGES)
})

/** A copy with other bytes. */
function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}

const berkeley = berkeleyDatabase([BASH, LONG])
const ndb = ndbDatabase([BASH, LONG])

it.each([
  ['of Berkeley DB that ends early', BERKELEY, berkeley.subarray(0, 1500)],
  [
    'of Berkeley DB whose value leads back to its page',
    BERKELEY,
    changed(berkeley, (one) => one.writeUInt32LE(3, 3 * 512 + 16)),
  ],
  [
    'of Berkeley DB whose values share a page',
    BERKELEY,
    changed(berkeley, (one) => one.writeUInt32LE(2, 512 + 512 - 24 + 4)),
  ],
  [
    'of Berkeley DB whose value claims gigabytes',
    BERKELEY,
    changed(berkeley, (one) => one.writeUInt32LE(0xfffffff0, 512 + 512 - 12 + 8)),
  ],
  ['of Berkeley DB that is encrypted', BERKELEY, changed(berkeley, (one) => one.writeUInt8(1, 24))],
  [
    'of SUSE whose packages share a record',
    NDB,
    changed(ndb, (one) => one.copy(one, 32 + 16, 32, 48) && one.writeUInt32LE(2, 32 + 20)),
  ],
  ['of SUSE that ends early', NDB, ndb.subarray(0, 4200)],
  ['with a header of other lengths', NDB, ndbDatabase([changed(BASH, (one) => one.writeUInt32BE(50_000, 0))])],
  ['with a package without a name', NDB, ndbDatabase([rpmHeader({ 1001: '1', 1002: '2' })])],
  [
    'with a text that has no end',
    NDB,
    ndbDatabase([changed(BASH, (one) => one.fill(0x61, one.length - 1)).fill(0x61, 8 + 7 * 16)]),
  ],
])('rejects a database %s', async (_what, path, bytes) => {
  await expect(rpmPackages(path, bytes)).rejects.toMatchObject({ code: 'MANIFEST_UNSUPPORTED' })
})
