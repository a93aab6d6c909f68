import { DefinitionError } from '../model/errors.js'

const MS_PER_UNIT = { d: 24 * 60 * 60_000, h: 60 * 60_000, m: 60_000, s: 1000 } as const
const DURATION = /^(?:0|(?:\d+[dhms])+)$/

/**
 * Parses a duration such as `36h`, `7d` or `1h30m` into milliseconds.
 *
 * @param flag - For the message.
 * @throws DefinitionError USAGE
 */
export function parseDuration(text: string, flag: string): number {
  if (!DURATION.test(text)) {
    const hint = "use whole numbers with 'd', 'h', 'm' or 's': 36h, 7d, 1h30m; or 0"
    throw new DefinitionError([{ path: flag, message: `duration '${text}' is not valid`, hint }], 'USAGE')
  }
  let sum = 0
  for (const [, count, unit] of text.matchAll(/(?<!\d)(\d+)([dhms])/g)) {
    sum += Number(count) * MS_PER_UNIT[unit as keyof typeof MS_PER_UNIT]
  }
  return sum
}
