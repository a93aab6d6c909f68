import { type BuildTools, runBuild } from '../build-tools.js'
import { memoryDirectory } from '../buildkit/session/files/memory-directory.js'
import type { BuilderCall, BuildRequest } from '../port.js'

const FILE = 'Dockerfile'

/**
 * Runs a command in an image, without network and without keeping what it changes. A build runs it: that works on every
 * builder, by emulation too, and leaves no container.
 *
 * @throws BUILD_FAILED where the command fails
 */
export async function runCommand(
  image: string,
  command: readonly string[],
  { platform, destination, mediaTypes }: BuildRequest,
  tools: BuildTools,
  call: BuilderCall,
): Promise<void> {
  const text = `FROM ${image}\nRUN ${JSON.stringify(command)}\n`
  const directories = { context: memoryDirectory({}), dockerfile: memoryDirectory({ [FILE]: text }) }
  const request: BuildRequest = {
    platform,
    inputs: { directories, sharedKey: `command-${image}` },
    dockerfile: { name: FILE, text, file: FILE, pinnedFile: FILE },
    pins: [],
    destination,
    mediaTypes,
    network: 'none',
  }
  await runBuild(request, tools, undefined, call)
}
