import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startBuildKitRelay } from '../buildkit-relay.js'
import { Cleanup } from '../cleanup.js'
import { tempFolder } from '../temp-folder.js'

const DIAL_STDIO = fileURLToPath(new URL('../dial-stdio.mjs', import.meta.url))

/** A folder for the PATH of a pod or a host. */
export interface ProgramFolder extends AsyncDisposable {
  readonly path: string
}

/** A folder with a `buildctl` whose `dial-stdio` connects to the BuildKit of an engine. */
export async function buildctlFolder(engineSocket: string): Promise<ProgramFolder> {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('builder'))
  const socket = join(path, 'builder.sock')
  cleanup.use(await startBuildKitRelay(engineSocket, { as: 'buildkitd', path: socket }))
  const program = `#!/bin/sh\nexec '${process.execPath}' '${DIAL_STDIO}' '${socket}'\n`
  await writeFile(join(path, 'buildctl'), program, { mode: 0o755 })
  const ending = cleanup.move()
  return { path, [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose]() }
}
