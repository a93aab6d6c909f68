import type { ContextListing } from '../context/context-file.js'
import type { StepCall } from './step.js'

/** Says where a repository's own files are sent: they change with every commit, fetch and look at its state. */
export function noteGitFolder({ directory, entries }: ContextListing, call: StepCall): void {
  const inside = entries.find(({ kind, path }) => kind === 'file' && /(?:^|\/)\.git\//.test(path))
  if (inside === undefined) return
  const [folder] = /^(?:.*?\/)?\.git(?=\/)/.exec(inside.path) ?? []
  const message = `${directory}: ${folder} is part of the context, so that every commit makes another image; name it in .dockerignore`
  call.onEvent?.({ kind: 'note', message })
}
