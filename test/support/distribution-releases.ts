import { readFileSync } from 'node:fs'
import { readKey } from 'openpgp'
import { describe, expect, it } from 'vitest'
import {
  type AptArchive,
  type Base,
  type DistributionTable,
  formatPlatform,
} from '../../packages/core/src/definition/plugin/index.js'
import { parsePlatform } from '../../packages/core/src/model/platform.js'
import { parseReference } from '../../packages/core/src/model/reference.js'

/** Asks a distribution's base for a platform with options that its types need not know. */
export function asking(base: Base) {
  return (platform: string, options: object = {}) => {
    const parsed = parsePlatform(platform)
    if (parsed === undefined) throw new Error(`'${platform}' is not a platform`)
    return base.source({ platform: parsed, options })
  }
}

/** A table of a distribution of Debian packages. */
type AptTable = DistributionTable & { readonly archive: AptArchive }

/** What holds of every release of a distribution's table. */
export function describeReleases(table: AptTable, ask: ReturnType<typeof asking>): void {
  const { title, image: repository, configPolicy, archive } = table
  describe.each(Object.entries(table.releases))(`${title} %s`, (release, { aliases, platforms, suite, tag }) => {
    it.each(Object.entries(platforms))('has %s, as an image and as packages', (platform, architecture) => {
      const image = ask(platform, { release })
      expect(image).toMatchObject({ kind: 'registry', reference: `${repository}:${tag}`, configPolicy })
      expect(parseReference('reference' in image ? image.reference : '')).toBeDefined()
      const { distribution } = archive
      expect(ask(platform, { release, source: 'apt' })).toMatchObject({
        kind: 'apt',
        suite,
        architecture,
        distribution,
      })
    })

    it('is the same by all of its names, and writes its platforms in normal form', () => {
      const [platform = ''] = Object.keys(platforms)
      for (const alias of aliases) expect(ask(platform, { release: alias })).toEqual(ask(platform, { release }))
      for (const text of Object.keys(platforms)) {
        const parsed = parsePlatform(text)
        expect(parsed && formatPlatform(parsed)).toBe(text)
      }
    })
  })
}

/**
 * What holds of the keys that a distribution's plugin ships.
 *
 * @param owner - is named in each key.
 */
export function describeKeys(
  { title, archive, releases }: AptTable,
  ask: ReturnType<typeof asking>,
  owner = title,
): void {
  const { keys = {}, keyring } = archive
  const readme = readFileSync(
    new URL(`../../packages/plugin-${title.toLowerCase()}/README.md`, import.meta.url),
    'utf8',
  )
  describe(`the keys that sign the archive of ${title}`, () => {
    it.each(Object.entries(keys))(
      'are public, and have the fingerprint that is written: %s',
      async (text, armoredKey) => {
        const key = await readKey({ armoredKey })
        expect(key.getFingerprint().toUpperCase()).toBe(text)
        expect(key.isPrivate()).toBe(false)
        expect(key.getUserIDs().join()).toContain(owner)
        expect(readme).toContain(`\`${text}\``)
      },
    )

    it('come with every base from packages, unless the user names a keyring', () => {
      expect(Object.keys(keys).length).toBeGreaterThan(0)
      for (const [release, { platforms, keyring: own = keyring }] of Object.entries(releases)) {
        const [platform = ''] = Object.keys(platforms)
        expect(ask(platform, { release, source: 'apt' })).toMatchObject({ keyring: own, keys })
        const named = ask(platform, { release, source: 'apt', keyring: '/k.gpg' })
        expect(named).toMatchObject({ keyring: '/k.gpg' })
        expect(named).not.toHaveProperty('keys')
      }
    })
  })
}
