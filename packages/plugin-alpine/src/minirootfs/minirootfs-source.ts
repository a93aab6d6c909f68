import { mirrorIssue } from '@polyarch/core/plugin'

/** A base from the newest root file system archive of an Alpine branch. */
export interface MinirootfsSource {
  /** The folder of the release under the mirror: `v3.24`. */
  readonly branch: string
  /** The distribution's own name: `armv7`. */
  readonly architecture: string
  /** Base URL of the archive. */
  readonly mirror: string
}

/** A part of a URL and of names. */
const WORD = /^[A-Za-z0-9][\w.-]*$/

/** Returns the issues of a source. */
export function minirootfsSourceIssues(data: Readonly<Record<string, unknown>>): readonly string[] {
  const wrongMirror = mirrorIssue(data['mirror'])
  return [
    ...['branch', 'architecture'].flatMap((name) =>
      typeof data[name] === 'string' && WORD.test(data[name])
        ? []
        : [`${name} ${JSON.stringify(data[name])} is not valid`],
    ),
    ...(wrongMirror === undefined ? [] : [wrongMirror]),
  ]
}
