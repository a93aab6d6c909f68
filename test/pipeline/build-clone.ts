import { execute, fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'

/** A clone of a project, and where it is built and published. */
export interface CloneOptions {
  /** Folder of the clone. */
  readonly directory: string
  /** Host of the registry. */
  readonly host: string
  readonly bases: readonly [string, string]
  readonly engine: string
}

/** What must not depend on the machine. */
export interface CloneResult {
  readonly keys: readonly string[]
  readonly digests: readonly string[]
  /** What does. */
  readonly machine: { readonly node: string; readonly timeZone: string; readonly umask: number; readonly user: number }
}

const [, , text] = process.argv
if (import.meta.filename === process.argv[1] && text !== undefined) {
  const { directory, host, bases, engine } = JSON.parse(text) as CloneOptions
  const [wide, narrow] = bases
  const app = pipeline(`${host}/app`)
    .sharedBase(`${host}/app-from:1`)
    .platforms(
      platform('amd64', { base: fromImage(wide) }),
      platform('arm', { variant: 'v7', base: fromImage(narrow) }),
    )
    .build({ context: '.', fileModes: 'git' })
    .tags('1.0')
  const options = { directory, engine: { host: engine }, localCache: false }
  const { nodes } = await plan(app, options)
  const { tags } = await execute(app, options)
  const result: CloneResult = {
    keys: nodes.flatMap(({ kind, key }) => (kind === 'image' && key !== undefined ? [key] : [])),
    digests: tags.map(({ to }) => to),
    machine: {
      node: process.version,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      umask: process.umask(),
      user: process.getuid?.() ?? 0,
    },
  }
  process.stdout.write(JSON.stringify(result))
}
