import { DefinitionError } from '../../model/errors.js'
import { formatPlatform, type Platform, parsePlatform, samePlatform, unreadablePlatform } from '../../model/platform.js'

/**
 * Reads the platforms of an option.
 *
 * @param path - the option: `--only`
 * @param available - the platforms that it may select
 * @throws DefinitionError USAGE for the first that is not one of them
 */
export function choosePlatforms(
  path: string,
  texts: readonly string[],
  available: readonly Platform[],
): readonly Platform[] {
  return texts.map((text) => {
    const platform = parsePlatform(text)
    const found = platform && available.find((one) => samePlatform(one, platform))
    if (found !== undefined) return found
    const message =
      platform === undefined
        ? unreadablePlatform(text).message
        : `no pipeline has the platform ${formatPlatform(platform)}`
    const hint = `platforms: ${[...new Set(available.map(formatPlatform))].join(', ')}`
    throw new DefinitionError([{ path, message, hint }], 'USAGE')
  })
}
