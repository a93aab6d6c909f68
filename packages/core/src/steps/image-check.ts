import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import type { Builder } from '../builder/port.js'
import type { ImageNode } from '../graph/node.js'
import { EngineError } from '../model/errors.js'
import { formatReference, type Reference } from '../model/reference.js'
import type { StepCall } from './step.js'

/** Name of the only file in the context of a check. */
const DOCKERFILE = 'Dockerfile'

/**
 * Runs the check of the image's base in the image that has just been built, before it is pushed: what fails it is never
 * found by a later run. A build runs it, since that works on every engine, by emulation too, and leaves no container.
 *
 * @throws EngineError CHECK_FAILED; CancelledError
 */
export async function runCheck(
  { platform, baseName }: ImageNode,
  check: readonly string[],
  image: Reference & { readonly tag?: string },
  engine: Builder,
  call: StepCall,
): Promise<void> {
  const text = `FROM ${formatReference(image)}\nRUN ${JSON.stringify(check)}\n`
  const name = { ...image, tag: `${image.tag}-check` }
  const openContext = () => {
    const tar = pack()
    tar.entry({ name: DOCKERFILE }, text)
    tar.finalize()
    return Readable.from(tar)
  }
  try {
    await engine.build(
      { platform, name, openContext, dockerfile: DOCKERFILE, dockerfileText: text, network: 'none' },
      call,
    )
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'BUILD_FAILED') throw error
    const command = check.join(' ')
    throw new EngineError('CHECK_FAILED', `the image fails the check of its base ${baseName}: ${command}`, {
      cause: error,
      hint: error.message,
    })
  } finally {
    // Not cancellable: it would stay on the engine under a name that nobody knows.
    await engine.untag(name).catch(() => undefined)
  }
}
