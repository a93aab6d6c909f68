import { describe, expect, it } from 'vitest'
import { type Base, type DistributionTable, formatPlatform } from '../../packages/core/src/index.js'
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

/** What holds of every release of a distribution's table. */
export function describeReleases(table: DistributionTable, ask: ReturnType<typeof asking>): void {
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
