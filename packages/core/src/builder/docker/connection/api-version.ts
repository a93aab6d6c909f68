import { EngineError } from '../../../model/errors.js'
import { isJsonObject, itemsOf, type JsonObject, textOf } from '../../../model/json-fields.js'

/** A version of the Engine API, `1.41`. */
export type ApiVersion = `${number}.${number}`

/** Versions of an engine, and of the API in use. */
export interface EngineVersion {
  readonly engine: string
  /** The newest API that the engine supports. */
  readonly api: ApiVersion
  /** The API version that polyarch uses. */
  readonly negotiated: ApiVersion
  readonly os: string
  readonly architecture: string
}

/** The first API with BuildKit in `POST /build`. @see https://docs.docker.com/reference/api/engine/version-history/ */
const OLDEST: ApiVersion = '1.39'

/**
 * The newest API that this adapter was written for; requesting it prevents surprises from later changes of the engine.
 */
const NEWEST: ApiVersion = '1.51'

/**
 * Selects the API version for an engine from its response to `GET /version`.
 *
 * @throws ENGINE_UNSUPPORTED if the engine has no BuildKit, or no API version in common with polyarch.
 */
export function negotiate(answer: JsonObject): EngineVersion {
  const field = (name: string) => textOf(answer[name])
  const engine = field('Version') ?? 'of unknown version'
  const api = asApiVersion(field('ApiVersion'))
  const minimum = asApiVersion(field('MinAPIVersion'))
  const [first] = itemsOf(answer['Components'])
  const component = (isJsonObject(first) && textOf(first['Name'])) || 'Engine'
  if (api === undefined || compareApiVersions(api, OLDEST) < 0) {
    throw unsupported(`engine ${engine} (API ${field('ApiVersion') ?? 'unknown'}) has no BuildKit`)
  }
  if (component.startsWith('Podman')) throw unsupported(`${component} ${engine} has no BuildKit`)
  if (field('Os') === 'windows') throw unsupported(`engine ${engine} builds for Windows, without BuildKit`)
  if (minimum !== undefined && compareApiVersions(minimum, NEWEST) > 0) {
    throw new EngineError('ENGINE_UNSUPPORTED', `engine ${engine} supports API ${minimum} and newer only`, {
      hint: `this polyarch supports API ${NEWEST} and older: install a newer polyarch`,
    })
  }
  const negotiated = compareApiVersions(api, NEWEST) < 0 ? api : NEWEST
  return { engine, api, negotiated, os: field('Os') ?? 'linux', architecture: field('Arch') ?? 'amd64' }
}

/** Negative where `a` is the older one. */
export function compareApiVersions(a: ApiVersion, b: ApiVersion): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}

function asApiVersion(text: string | undefined): ApiVersion | undefined {
  return text !== undefined && /^\d+\.\d+$/.test(text) ? (text as ApiVersion) : undefined
}

function unsupported(what: string): EngineError {
  return new EngineError('ENGINE_UNSUPPORTED', `${what}, which polyarch requires`, {
    hint: 'use Docker Engine 20.10 or newer, with Linux containers',
  })
}
