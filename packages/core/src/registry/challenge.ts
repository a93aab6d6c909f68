/** One way to log in that a server offers. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const SEPARATORS = /[\s,]*/y
const PARAMETER = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y
const SCHEME = /([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$)))?(?=[\s,]|$)/y

/**
 * Reads a `WWW-Authenticate` header, which may offer several ways. What cannot be read ends the list, without an error:
 * a server that sends it is then one that asks for no login known here.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let position = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = position
    const match = pattern.exec(header) ?? undefined
    if (match) position = pattern.lastIndex
    return match
  }
  for (take(SEPARATORS); position < header.length; take(SEPARATORS)) {
    const current = challenges.at(-1)
    const parameter = current && take(PARAMETER)
    if (parameter) {
      const [, name = '', quoted, plain = ''] = parameter
      current.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain)
      continue
    }
    const scheme = take(SCHEME)?.[1]
    if (scheme === undefined) break
    challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
  }
  return challenges
}
