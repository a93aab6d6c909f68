import type { OpenContext } from '../../../context/context-file.js'
import type { UnpinnedPolicy } from '../../../definition/declare/build-settings.js'
import type { Analysis } from '../../../dockerfile/analysis.js'
import type { DockerfileIssue } from '../../../dockerfile/dockerfile.js'
import type { StepCall } from '../../step.js'

const HINT = "add a --checksum, or set build({ unpinned: 'rebuild' }) or 'refuse'"

/** Returns an issue for each unpinned source if the policy is to refuse them. */
export function unpinnedIssues({ unpinned }: Analysis, policy: UnpinnedPolicy): readonly DockerfileIssue[] {
  if (policy !== 'refuse') return []
  const hint = 'add a --checksum, or copy the file into the context'
  return unpinned.map(({ text, line }) => ({ message: `the content of ${text} is not pinned`, hint, line }))
}

/** Adds a note if unpinned content is reused. */
export function noteUnpinned(
  { unpinned }: Analysis,
  { dockerfile }: OpenContext,
  policy: UnpinnedPolicy,
  call: StepCall,
): void {
  if (policy !== 'reuse') return
  for (const { text, line } of unpinned) {
    const message = `${dockerfile.file}:${line}: the content of ${text} is not part of the key; ${HINT}`
    call.onEvent?.({ kind: 'note', message })
  }
}

/**
 * The same for unpinned content that BuildKit reported and the Dockerfile does not name: by ONBUILD or a variable of
 * the base.
 */
export function noteUnverifiable(
  sources: readonly string[],
  { analysis, context }: { readonly analysis: Analysis; readonly context: Pick<OpenContext, 'dockerfile'> },
  policy: UnpinnedPolicy,
  call: StepCall,
): void {
  if (policy !== 'reuse') return
  for (const source of sources) {
    if (analysis.unpinned.some(({ text }) => text.startsWith(source))) continue
    const message = `${context.dockerfile.file}: the build used ${source}, whose content is not part of the key; ${HINT}`
    call.onEvent?.({ kind: 'note', message })
  }
}
