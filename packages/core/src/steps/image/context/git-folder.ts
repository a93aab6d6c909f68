import type { ContextListing } from '../../../context/context-file.js'
import type { StepCall } from '../../step.js'

/** Reports a note if a repository's `.git` directory is sent: it changes with every commit, fetch and status. */
export function noteGitFolder(directory: string, { gitFolder }: ContextListing, call: StepCall): void {
  if (gitFolder === undefined) return
  const message = `${directory}: ${gitFolder} is part of the context, so every commit makes another image; list it in .dockerignore`
  call.onEvent?.({ kind: 'note', message })
}
