import { HeaderCursor } from './header-cursor.js'

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
  const cursor = new HeaderCursor(header)
  for (cursor.take(SEPARATORS); !cursor.isAtEnd; cursor.take(SEPARATORS)) {
    const current = challenges.at(-1)
    const parameter = current && cursor.take(PARAMETER)
    if (parameter) {
      const [, name = '', quoted, plain = ''] = parameter
      current.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain)
      continue
    }
    const scheme = cursor.take(SCHEME)?.[1]
    if (scheme === undefined) break
    challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
  }
  return challenges
}
