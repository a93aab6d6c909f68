import type { ContextListing } from '../../../context/context-file.js'
import type { StepCall } from '../../step.js'

/** Says where a repository's own files are sent: they change with every commit, fetch and look at its state. */
export function noteGitFolder(directory: string, { gitFolder }: ContextListing, call: StepCall): void {
  if (gitFolder === undefined) return
  const message = `${directory}: ${gitFolder} is part of the context, so every commit makes another image; list it in .dockerignore`
  call.onEvent?.({ kind: 'note', message })
}
