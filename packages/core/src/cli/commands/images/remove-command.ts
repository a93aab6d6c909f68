import { remove } from '../../../operations/images/on-images.js'
import { OPERATION_OPTIONS } from '../../../operations/option-names.js'
import { escapeLine } from '../../../report/escape.js'
import type { CommandContext } from '../../command.js'
import { printResult } from '../../output.js'
import { optionsOf } from '../../run-options.js'

/** `build.ts remove`: deletes tags, or manifests by digest, in the given order. */
export async function removeCommand(names: readonly string[], context: CommandContext): Promise<void> {
  const options = optionsOf({}, context, OPERATION_OPTIONS)
  for (const name of names) {
    const { referrers } = await remove(name, options)
    const removed = [name, ...referrers].map((one) => `removed ${escapeLine(one)}\n`)
    printResult(removed.join(''), context.host)
  }
}
