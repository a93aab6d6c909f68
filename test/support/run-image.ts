import { buffer } from 'node:stream/consumers'
import Docker from 'dockerode'
import { formatPlatform, type Platform } from '../../packages/core/src/model/platform.js'

/** What to run, where. */
export interface RunImageOptions {
  /** Socket of the engine; by default that of DOCKER_HOST or the usual one. */
  readonly socketPath?: string
  /** A tag or digest on a registry that the engine can reach. */
  readonly reference: string
  readonly platform: Platform
  /** Instead of the image's own command. */
  readonly command?: readonly string[]
}

/** What a container did. */
export interface RunResult {
  readonly exitCode: number
  /** Standard output and error, without trailing white space. */
  readonly output: string
}

/** Pulls one platform of an image and runs it, as `docker run --rm --pull always --platform` would; both are removed again. */
export async function runImage(options: RunImageOptions): Promise<RunResult> {
  const docker = new Docker(options.socketPath === undefined ? undefined : { socketPath: options.socketPath })
  const platform = formatPlatform(options.platform)
  await pullImage(docker, options.reference, platform)
  const container = await docker.createContainer({
    Image: options.reference,
    platform,
    Tty: true,
    NetworkDisabled: true,
    ...(options.command && { Cmd: [...options.command] }),
  })
  try {
    await container.start()
    const { StatusCode } = (await container.wait()) as { StatusCode: number }
    const log = await container.logs({ stdout: true, stderr: true })
    return { exitCode: StatusCode, output: log.toString().replaceAll('\r\n', '\n').trimEnd() }
  } finally {
    await container.remove({ force: true })
    await docker.getImage(options.reference).remove({ force: true })
  }
}

/** Pulls one platform of an image. */
export async function pullImage(docker: Docker, reference: string, platform: string): Promise<void> {
  const answer = (await buffer(await docker.pull(reference, { platform }))).toString()
  for (const line of answer.split('\n').filter(Boolean)) {
    const { error } = JSON.parse(line) as { error?: string }
    if (error !== undefined) throw new Error(`the engine cannot pull ${reference} for ${platform}: ${error}`)
  }
}
