import { DefinitionError } from '../model/errors.js'
import type { Node } from './node.js'

/**
 * Names the pipeline in issues of build options, in the form of all issues of a definition:
 * `pipeline('ghcr.io/team/app').build.context`. Options are read without their pipeline.
 */
export function withPipelinePath(error: DefinitionError, node: Node | undefined): DefinitionError {
  if (node?.kind !== 'image' || !error.issues.some(isBuildIssue)) return error
  const issues = error.issues.map((issue) =>
    isBuildIssue(issue) ? { ...issue, path: `${node.path}.${issue.path}` } : issue,
  )
  return new DefinitionError(issues, error.code)
}

function isBuildIssue({ path }: DefinitionError['issues'][number]): boolean {
  return path.startsWith('build.')
}
