/** An option with a type, as text (`type=registry,ref=example.com/app:cache`) or as an object with the same fields. */
export type OptionFields = string | { readonly type: string; readonly [field: string]: string }

/** A parsed option with a type. */
export interface TypedOption {
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
}

/** One field; in quotes, as in CSV, if it contains a comma. */
const FIELD = /^(?:"((?:[^"]|"")*)"|([^,"]*))(?:,|$)/

/** Reads the fields of an option. @returns undefined if they are not valid or have no type */
export function readOptionFields(option: unknown): TypedOption | undefined {
  const fields = typeof option === 'string' ? textFields(option) : objectFields(option)
  const { type, ...attributes } = Object.fromEntries(fields ?? [])
  return type ? { type, attributes } : undefined
}

function objectFields(option: unknown): readonly (readonly [string, string])[] | undefined {
  if (typeof option !== 'object' || option === null || Array.isArray(option)) return undefined
  const fields = Object.entries(option)
  return fields.every((field): field is [string, string] => typeof field[1] === 'string') ? fields : undefined
}

/** @see https://docs.docker.com/reference/cli/docker/buildx/build/#cache-to */
function textFields(text: string): readonly (readonly [string, string])[] | undefined {
  const fields: (readonly [string, string])[] = []
  for (let rest = text; rest !== ''; ) {
    const [whole, quoted, plain = ''] = FIELD.exec(rest) ?? []
    if (whole === undefined) return undefined
    const field = quoted?.replaceAll('""', '"') ?? plain
    const at = field.indexOf('=')
    if (at <= 0) return undefined
    fields.push([field.slice(0, at).trim().toLowerCase(), field.slice(at + 1)])
    rest = rest.slice(whole.length)
  }
  return fields
}
