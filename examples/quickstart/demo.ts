/**
 * `npm run demo`: builds with build.ts into the embedded registry, as a user would, then has the engine run the result
 * for each platform by the one tag.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { inspect } from '@polyarch/core/images'
import Docker from 'dockerode'

const directory = fileURLToPath(new URL('.', import.meta.url))

function build(args: readonly string[], output: 'inherit' | 'pipe'): ChildProcess {
  const command = ['--import', 'tsx', 'build.ts', ...args]
  return spawn(process.execPath, command, { cwd: directory, stdio: ['ignore', output, 'inherit'] })
}

/** Keeps the registry up between the build and the runs: it ends with the process that serves it. */
async function serve(): Promise<{ readonly host: string; readonly process: ChildProcess }> {
  const process = build(['serve', '--port', '0'], 'pipe')
  if (process.stdout === null) throw new Error('serve has no output')
  for await (const line of createInterface({ input: process.stdout })) {
    const host = / at (\S+) /.exec(line)?.[1]
    if (host !== undefined) return { host, process }
  }
  throw new Error('the embedded registry did not start')
}

/** Pulls the tag for one platform, and runs what came. */
async function runOn(docker: Docker, image: string, platform: string): Promise<string> {
  const pulling = await docker.pull(image, { platform })
  await new Promise((done, fail) =>
    docker.modem.followProgress(pulling, (error, result) => (error ? fail(error) : done(result))),
  )
  const output = new PassThrough()
  const said = text(output)
  const [{ StatusCode: status }] = await docker.run(image, [], output, {
    platform,
    Tty: true,
    HostConfig: { AutoRemove: true },
  })
  output.end()
  if (status !== 0) throw new Error(`${image} on ${platform} ended with ${status}: ${await said}`)
  return (await said).trim()
}

const registry = await serve()
try {
  const [code] = await once(build(['--registry', 'embedded'], 'inherit'), 'exit')
  if (code !== 0) throw new Error(`build.ts ended with ${code}`)
  const image = `${registry.host}/hello:1.0`
  const { digest, images, manifest } = await inspect(image)
  console.log(`\n${image} is\n${JSON.stringify(manifest, null, 2)}\n\nindex ${digest}`)
  const docker = new Docker()
  for (const { digest: own, declared } of images) {
    if (declared === undefined) throw new Error(`${own} is listed without a platform`)
    const platform = [declared.os, declared.architecture, declared.variant].filter(Boolean).join('/')
    console.log(`\n${platform} ${own}\n  ${await runOn(docker, image, platform)}`)
  }
} finally {
  registry.process.kill('SIGTERM')
}
