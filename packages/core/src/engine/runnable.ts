import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import protobuf from 'protobufjs'
import { normalizePlatform, type Platform, platformIdentity, platformsRunBy } from '../model/platform.js'
import type { Connection } from './connection.js'
import { platformOfEmulator } from './emulators.js'
import { Refusal } from './failures.js'
import { callOver } from './grpc-call.js'

/** @see https://github.com/moby/buildkit/blob/v0.13.0/api/types/worker.proto */
const SCHEMA = `
syntax = "proto3";

message Workers {
  repeated Worker workers = 1;
}

message Worker {
  repeated Platform platforms = 3;
}

message Platform {
  string architecture = 1;
  string os = 2;
  string variant = 3;
}
`

const WorkersType = protobuf.parse(SCHEMA).root.lookupType('Workers')

/** Where Linux lists the interpreters of foreign programs. @see https://docs.kernel.org/admin-guide/binfmt-misc.html */
const BINFMT_FOLDER = '/proc/sys/fs/binfmt_misc'

/**
 * Everything that the engine can run, native and emulated; undefined where it does not tell.
 *
 * BuildKit tries a small program of each architecture when its workers are listed, so the answer is of now.
 */
export async function runnablePlatforms(
  connection: Connection,
  native: Platform,
  signal: AbortSignal | undefined,
): Promise<readonly Platform[] | undefined> {
  const told =
    (await workerPlatforms(connection, signal)) ?? (connection.isLocal ? await localEmulation(native) : undefined)
  return told && withOlderVariants([native, ...told])
}

async function workerPlatforms(
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<readonly Platform[] | undefined> {
  const socket = await openGrpc(connection, signal)
  const answer = socket && (await callOver(socket, '/moby.buildkit.v1.Control/ListWorkers', signal))
  if (answer === undefined) return undefined
  const { workers } = WorkersType.toObject(WorkersType.decode(answer), { arrays: true, defaults: true }) as {
    readonly workers: readonly { readonly platforms: readonly Platform[] }[]
  }
  return workers.flatMap(({ platforms }) => platforms.map(normalizePlatform))
}

/** `POST /grpc` is announced to go away from engines; where it has, they are as good as silent. */
async function openGrpc(connection: Connection, signal: AbortSignal | undefined) {
  try {
    return await connection.upgrade({ path: '/grpc', signal })
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

/** What the kernel under an engine of this machine emulates. */
async function localEmulation(native: Platform): Promise<readonly Platform[] | undefined> {
  try {
    const names = await readdir(BINFMT_FOLDER)
    const enabled = await Promise.all(
      names.map(async (name) => {
        const platform = platformOfEmulator(name)
        const state = platform && (await readFile(join(BINFMT_FOLDER, name), 'utf8'))
        return state?.startsWith('enabled') ? platform : undefined
      }),
    )
    return [...platformsRunBy(native), ...enabled.filter((platform) => platform !== undefined)]
  } catch {
    return undefined
  }
}

/** BuildKit names no arm variant before v6, and what runs v7 runs v5 too. */
function withOlderVariants(platforms: readonly Platform[]): readonly Platform[] {
  const all = platforms.flatMap((platform) => (platform.architecture === 'arm' ? platformsRunBy(platform) : [platform]))
  return [...new Map(all.map((platform) => [platformIdentity(platform), platform])).values()]
}
