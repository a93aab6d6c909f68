import { type ExecuteOptions, execute, fromImage, pipeline, platform } from '../../packages/core/src/index.js'

/** What {@link killableApp} is made of. */
export interface KillableOptions {
  /** Host and path of the repository that is published to. */
  readonly repository: string
  /** Bases for amd64 and arm/v7. */
  readonly bases: readonly [string, string]
  readonly context: string
  /** What `execute` takes beside the pipeline. */
  readonly execution?: Pick<ExecuteOptions, 'registry' | 'engine'>
}

/** What the child process prints when its run begins. */
export const STARTED = 'started'

/** The pipeline that the child process runs, and then the test. */
export function killableApp({ repository, bases: [wide, narrow], context }: KillableOptions) {
  return pipeline(repository)
    .sharedBase(`${repository}-from:2.1`)
    .platforms(
      platform('amd64', { base: fromImage(wide) }),
      platform('arm', { variant: 'v7', base: fromImage(narrow) }),
    )
    .build({ context })
    .tags('1.0', 'latest')
}

// A process of its own, so that a test can kill it at any moment.
const [, , options] = process.argv
if (import.meta.filename === process.argv[1] && options !== undefined) {
  const killable = JSON.parse(options) as KillableOptions
  process.stdout.write(`${STARTED}\n`)
  await execute(killableApp(killable), killable.execution ?? {})
}
