import type { Flag } from './syntax/words.js'

/** An option of `--mount`, its place in the joined text. */
export interface MountOption {
  /** In lower case. */
  readonly name: string
  /** Undefined if there is no `=`. */
  readonly value: string | undefined
  readonly start: number
  readonly end: number
}

/** The options of a `--mount`: CSV fields, with or without quotes. */
export function readMount({ value = '', places }: Flag): readonly MountOption[] {
  return csvFields(value).map(({ text, at }) => {
    const equals = text.indexOf('=')
    const first = at[equals + 1]
    const last = at.at(-1)
    const isPlaced = equals >= 0 && first !== undefined && last !== undefined
    return {
      name: (equals < 0 ? text : text.slice(0, equals)).toLowerCase(),
      value: equals < 0 ? undefined : text.slice(equals + 1),
      start: isPlaced ? (places[first] ?? 0) : 0,
      end: isPlaced ? (places[last] ?? 0) + 1 : 0,
    }
  })
}

/** The fields with the index of each of their characters. */
function csvFields(value: string): readonly { readonly text: string; readonly at: readonly number[] }[] {
  const fields: { text: string; at: number[] }[] = [{ text: '', at: [] }]
  let isQuoted = false
  let isStart = true
  for (let index = 0; index < value.length; index++) {
    const character = value[index] ?? ''
    const field = fields.at(-1)
    if (isStart && character === '"') isQuoted = true
    else if (isQuoted && character === '"' && value[index + 1] !== '"') isQuoted = false
    else if (!isQuoted && character === ',') {
      fields.push({ text: '', at: [] })
      isStart = true
      continue
    } else if (field !== undefined) {
      if (isQuoted && character === '"') index++
      field.text += character
      field.at.push(index)
    }
    isStart = false
  }
  return fields
}
