import { formatReference, parseReference } from '../../model/reference.js'
import { isEmbedded, registryDirectory } from '../../operations/registry-choice.js'
import type { Report } from '../../report/report.js'
import { withStart } from '../../report/text/start-line.js'
import type { CommandContext } from '../command.js'
import { printNote } from '../output.js'

/** Port of `serve` if no other is named. */
export const SERVE_PORT = 5000

/**
 * Prints how to pull from the embedded registry after a run, because its port closes with the run. Prints nothing if
 * another process serves the directory.
 */
export async function printPullHint(
  { tags }: Report,
  registry: string | undefined,
  context: Pick<CommandContext, 'host'>,
): Promise<void> {
  const { host } = context
  const [first] = tags
  if (first === undefined || registry === undefined || !isEmbedded(registry)) return
  const directory = await registryDirectory(registry)
  const { runningRegistry } = await import('../../registry-server/index.js')
  if ((await runningRegistry(directory)) !== undefined) return
  const name = parseReference(first.reference)
  if (name === undefined) return
  const served = formatReference({ ...name, registry: `127.0.0.1:${SERVE_PORT}` })
  const where = registry === 'embedded' ? '' : ` ${directory}`
  const command = withStart(`npx tsx build.ts serve${where}`, context)
  printNote(`the registry ended with this run; to pull: ${command}`, host)
  printNote(`and in another terminal: docker pull ${served}`, host)
}
