import { digestOf } from '../../../packages/core/src/model/digest.js'

export const PLATFORM = { os: 'linux', architecture: 'amd64' }

export const DIGEST = digestOf('x')

/** Text of a value as JSON. */
export function json(value: unknown): string {
  return JSON.stringify(value)
}
