import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  type BuildSettings,
  type ExecuteOptions,
  execute,
  fromImage,
  pipeline,
  platform,
} from '../../packages/core/src/index.js'
import { PolyarchError } from '../../packages/core/src/model/errors.js'
import { type RegistryServer, startRegistry } from '../../packages/core/src/registry-server/index.js'
import type { Cleanup } from '../support/cleanup.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { tinyImage } from '../support/tiny-image.js'
import { type Behaviour, type HostileBuildKit, startHostileBuildKit } from './hostile-buildkit.js'

/** Whole runs on a hostile BuildKit, from a definition to the published name. */
export interface HostileBuilds {
  /** Where everything is; the context is in `context`. */
  readonly directory: string
  readonly server: RegistryServer
  readonly buildKit: HostileBuildKit
  /** Starts a run. @param host - where the builder is; the BuildKit itself by default */
  run(
    behaviour: Behaviour,
    options?: { readonly settings?: Partial<BuildSettings>; readonly host?: string } & Pick<ExecuteOptions, 'signal'>,
  ): Promise<unknown>
}

/** Starts a registry with a base and a hostile BuildKit, and writes a context, which end with the cleanup. */
export async function prepareHostileBuilds(cleanup: Cleanup): Promise<HostileBuilds> {
  const directory = cleanup.use(await tempFolder('hostile-builds')).path
  const server = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
  const buildKit = cleanup.use(await startHostileBuildKit())
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage({ url: server.url, repository: 'base' }, image, '1')
  const context = join(directory, 'context')
  await mkdir(join(context, 'sub'), { recursive: true })
  await writeFile(join(context, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY a /\n')
  for (const file of ['a', 'unread', 'sub/b']) await writeFile(join(context, file), `content of ${file}`)
  return {
    directory,
    server,
    buildKit,
    run(behaviour, { settings = {}, host = buildKit.host, signal } = {}) {
      buildKit.behaviour = behaviour
      const app = pipeline(`${server.host}/app`)
        .platforms(platform('amd64', { base: fromImage(`${server.host}/base:1`, { codePolicy: 'trust-declared' }) }))
        .build({ context, ...settings })
        .tags('1')
      const options = { engine: { host }, directory, localCache: false, reuse: false }
      return execute(app, { ...options, ...(signal && { signal }) })
    },
  }
}

/** The error of a run: typed, and with a text that can be shown. */
export async function failureOf(running: Promise<unknown>): Promise<PolyarchError> {
  const error = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(PolyarchError)
  expect((error as PolyarchError).message.length).toBeLessThan(100_000)
  expect(Object.keys(Object.prototype)).toEqual([])
  return error as PolyarchError
}
