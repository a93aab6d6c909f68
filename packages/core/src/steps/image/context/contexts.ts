import type { BuildInputs } from '../../../builder/port.js'
import type { OpenContext } from '../../../context/context-file.js'
import type { GitOrigin } from '../../../context/git/git-origin.js'
import { type ContextRequest, openContext } from '../../../context/open-context.js'
import type { ContextDefinition } from '../../../definition/declare/build-context.js'
import type { SecretDefinition } from '../../../definition/declare/build-secrets.js'
import type { Environment } from '../../../host/environment.js'
import { sweepTempFolders } from '../../../host/temp-folder.js'
import { closeAll } from '../../../model/async/close-all.js'
import { type InputHash, rememberingHash } from '../../input-hash.js'
import { createDockerfileReader, type ReadDockerfile } from '../image-dockerfile.js'
import { openInputHash } from '../secrets/key-secret.js'
import { ContextRecords } from './context-record.js'

/** The contexts of a run; each is opened once for all platforms. */
export interface Contexts extends AsyncDisposable {
  /** Date of files and, if the builder supports it, of images, in seconds since the epoch. */
  readonly epoch: number | undefined
  readonly records: ContextRecords
  open(request: ContextRequest, signal?: AbortSignal): Promise<OpenContext>
  /** The Dockerfile of an image, analyzed once. */
  readonly dockerfile: ReadDockerfile
  /** Returns the repository and commit of a context, if git reports them. */
  origin(context: ContextDefinition, signal?: AbortSignal): Promise<GitOrigin>
  /** Returns the hash of the inputs of builds with a `keySecret`, or without. @throws HostError SECRET_UNAVAILABLE */
  inputHash(secret: SecretDefinition | undefined): Promise<InputHash>
  /**
   * Returns one value for builds with equal inputs, so that they share a session. @param identity - identity of the
   * inputs
   */
  inputs<T extends BuildInputs>(identity: unknown, make: () => Promise<T>): Promise<T>
}

/** Options of the contexts of a run. */
export interface ContextsOptions {
  /** The variables that hold secrets of keys. */
  readonly env: Environment
  /** Seconds since the epoch that files are dated with. */
  readonly epoch?: number | undefined
  /** The folder with digests of earlier runs; without it, every file is read. */
  readonly cacheFolder?: (() => Promise<string>) | undefined
}

/** Creates the contexts of a run, and removes temporary folders of killed runs. */
export function createContexts({ env, epoch, cacheFolder }: ContextsOptions): Contexts {
  const swept = sweepTempFolders()
  const directories = new Map<string, Promise<string>>()
  const opened = new Map<string, Promise<OpenContext>>()
  const origins = new Map<string, Promise<GitOrigin>>()
  const inputs = new Map<string, Promise<BuildInputs>>()
  const hashes = new Map<string, Promise<InputHash>>()
  const functions = new Map<unknown, number>()
  // A function is identified by itself, because it has no text.
  const textOf = (value: unknown) =>
    JSON.stringify(value, (_name, part: unknown) => {
      if (typeof part !== 'function') return part
      functions.set(part, functions.get(part) ?? functions.size)
      return functions.get(part)
    })
  const open: Contexts['open'] = (request, signal) =>
    once(opened, JSON.stringify(request), () => openContext(request, { signal, cacheFolder, directories }))
  return {
    epoch,
    open,
    dockerfile: createDockerfileReader(open),
    records: new ContextRecords(),
    origin: (context, signal) =>
      once(origins, JSON.stringify(context), async () => {
        const { readGitOrigin } = await import('../../../context/git/git-origin.js')
        return readGitOrigin(context, signal)
      }),
    inputHash: (secret) =>
      once(hashes, textOf(secret ?? null), async () => rememberingHash(await openInputHash(secret, env))),
    inputs: <T extends BuildInputs>(identity: unknown, make: () => Promise<T>) =>
      once(inputs, textOf(identity), make) as Promise<T>,
    async [Symbol.asyncDispose]() {
      await swept
      const settled = await Promise.allSettled(opened.values())
      await closeAll(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))
    },
  }
}

function once<Key, Value>(values: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const value = values.get(key) ?? make()
  values.set(key, value)
  return value
}
