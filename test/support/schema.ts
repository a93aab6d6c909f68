import { Ajv, type ErrorObject } from 'ajv'
import { readText } from '../house/repository.js'

/** Validates values by a published schema; unknown fields are errors too. */
export function schemaCheck(name: 'plan' | 'report' | 'event'): (value: unknown) => readonly ErrorObject[] {
  const schema = JSON.parse(readText(`packages/core/schemas/${name}.schema.json`), closed) as object
  const validate = new Ajv({ strict: false }).compile(schema)
  return (value) => (validate(value) ? [] : (validate.errors ?? []))
}

/** Readers are to pass over what they do not know; a test of what is written is not. */
function closed(_key: string, value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && 'properties' in value && 'type' in value
  return isObject ? { ...value, additionalProperties: false } : value
}
