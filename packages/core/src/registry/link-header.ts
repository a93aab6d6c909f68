import { HeaderCursor } from './header-cursor.js'

const SEPARATORS = /[\s,]*/y
const TARGET = /<([^<>]*)>/y
const PARAMETER = /[ \t]*;[ \t]*([\w*-]+)[ \t]*=[ \t]*(?:"([^"]*)"|([^\s",;]*))/y
const REST = /[^,]*/y

/**
 * The target of the `next` link, as it was written; undefined if there is none. Each character is read a bounded number
 * of times.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export function nextLink(header: string): string | undefined {
  const cursor = new HeaderCursor(header)
  for (cursor.take(SEPARATORS); !cursor.isAtEnd; cursor.take(SEPARATORS)) {
    const target = cursor.take(TARGET)?.[1]
    let isNext = false
    for (let one = cursor.take(PARAMETER); one; one = cursor.take(PARAMETER)) {
      const [, name = '', quoted, plain = ''] = one
      if (name.toLowerCase() === 'rel') isNext ||= (quoted ?? plain).toLowerCase().split(/\s/).includes('next')
    }
    if (target !== undefined && isNext) return target
    cursor.take(REST)
  }
  return undefined
}
