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
  let position = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = position
    const match = pattern.exec(header) ?? undefined
    if (match) position = pattern.lastIndex
    return match
  }
  for (take(SEPARATORS); position < header.length; take(SEPARATORS)) {
    const target = take(TARGET)?.[1]
    let isNext = false
    for (let one = take(PARAMETER); one; one = take(PARAMETER)) {
      const [, name = '', quoted, plain = ''] = one
      if (name.toLowerCase() === 'rel') isNext ||= (quoted ?? plain).toLowerCase().split(/\s/).includes('next')
    }
    if (target !== undefined && isNext) return target
    take(REST)
  }
  return undefined
}
