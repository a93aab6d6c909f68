import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readKey } from 'openpgp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type FrozenArchive, startFrozenArchive } from '../../../../test/support/frozen-archive.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { DEBIAN_KEYS } from '../../../plugin-debian/src/archive-keys.js'
import type { AptBase } from '../../src/definition/plugin/base-source.js'
import { madeBase } from '../../src/definition/plugin/kinds/made-base.js'
import { createRootfsMaker } from '../../src/rootfs/maker.js'

const cleanup = new Cleanup()
let folder: string
let frozen: FrozenArchive
let base: AptBase
/** Files of the key that signs the archive, and of one that does not. */
let files: Readonly<Record<'armored' | 'binary' | 'wrong', string>>
const [wrongFingerprint = '', wrong = ''] = Object.entries(DEBIAN_KEYS)[0] ?? []

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('keys')).path
  frozen = cleanup.use(await startFrozenArchive())
  const { mirror, suite, architecture, keys } = frozen
  const [armored = ''] = Object.values(keys)
  const binary = (await readKey({ armoredKey: armored })).write()
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  files = {
    armored: await write('key', armored),
    binary: await write('ring', binary),
    wrong: await write('wrong', wrong),
  }
  // Nothing but the archive's index is read: a variant of mmdebstrap's that makes no base.
  const variant = 'custom' as AptBase['variant']
  const fixed = { kind: 'apt', distribution: 'frozen', components: ['main'], packages: [] } as const
  base = { ...fixed, variant, suite, architecture, mirror, isFrozen: true }
})
afterAll(() => cleanup[Symbol.asyncDispose]())

async function make(keys: Partial<AptBase>, of: AptBase = base): Promise<unknown> {
  // Cached content was trusted before.
  const cacheDirectory = await mkdtemp(join(folder, 'cache-'))
  const maker = createRootfsMaker({ cacheDirectory })
  return maker.make(await maker.resolve(madeBase({ ...of, ...keys })))
}

/** apt requests the index of packages after it has verified the release file with its hash. */
async function isBelieved(keys: Partial<AptBase>): Promise<boolean> {
  const before = frozen.requests.length
  await make(keys).catch(() => undefined)
  return frozen.requests.slice(before).some((path) => path.endsWith('/Packages'))
}

const NOT_BELIEVED = { code: 'ROOTFS_FAILED', message: expect.stringContaining('NO_PUBKEY') }

describe('an archive is believed', () => {
  it('by an armored keyring, a binary one, and the keys that come with the base if there is no keyring', async () => {
    expect(await isBelieved({ keyring: files.armored })).toBe(true)
    expect(await isBelieved({ keyring: files.binary })).toBe(true)
    expect(await isBelieved({ keyring: join(folder, 'none'), keys: frozen.keys })).toBe(true)
    expect(await isBelieved({ keys: frozen.keys })).toBe(true)
  })

  it('by no key but those: not the ones of the base beside a keyring, nor those of this machine', async () => {
    await expect(make({ keyring: files.wrong, keys: frozen.keys })).rejects.toMatchObject({
      ...NOT_BELIEVED,
      hint: expect.stringContaining(`that a key of ${files.wrong} signs this archive`),
    })
    await expect(make({ keys: { [wrongFingerprint]: wrong } })).rejects.toMatchObject({
      ...NOT_BELIEVED,
      hint: expect.stringContaining(wrongFingerprint),
    })
    expect(await isBelieved({ keyring: files.wrong })).toBe(false)
    // Debian's own, which this machine's apt trusts.
    const { mirror: _of, ...debian } = { ...base, distribution: 'debian', suite: 'bookworm', isFrozen: false }
    await expect(make({ keyring: files.armored }, debian)).rejects.toMatchObject(NOT_BELIEVED)
  })
})
