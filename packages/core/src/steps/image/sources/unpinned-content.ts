import type { OpenContext } from '../../../context/context-file.js'
import type { VolatilePolicy } from '../../../definition/declare/build-settings.js'
import type { Analysis } from '../../../dockerfile/analysis.js'
import type { DockerfileFault } from '../../../dockerfile/dockerfile.js'
import type { StepCall } from '../../step.js'

const HINT = "give it a --checksum, or say what to do: build({ volatile: 'rebuild' }) or 'refuse'"

/** What is wrong with content whose change nobody would see, where it is to be refused. */
export function volatileFaults({ volatile }: Analysis, policy: VolatilePolicy): readonly DockerfileFault[] {
  if (policy !== 'refuse') return []
  const hint = 'give it a --checksum, or copy it into the context'
  return volatile.map(({ text, line }) => ({ message: `the content of ${text} may change unseen`, hint, line }))
}

/** Says it where such content is reused. */
export function noteVolatile(
  { volatile }: Analysis,
  { dockerfile }: OpenContext,
  policy: VolatilePolicy,
  call: StepCall,
): void {
  if (policy !== 'reuse') return
  for (const { text, line } of volatile) {
    const message = `${dockerfile.file}:${line}: the content of ${text} is no part of the key; ${HINT}`
    call.onEvent?.({ kind: 'note', message })
  }
}

/** The same for what the build was seen to use, and the Dockerfile does not name: by ONBUILD, or with a value of the base. */
export function noteUnverifiable(
  sources: readonly string[],
  { analysis, context }: { readonly analysis: Analysis; readonly context: Pick<OpenContext, 'dockerfile'> },
  policy: VolatilePolicy,
  call: StepCall,
): void {
  if (policy !== 'reuse') return
  for (const source of sources) {
    if (analysis.volatile.some(({ text }) => text.startsWith(source))) continue
    const message = `${context.dockerfile.file}: the build used ${source}, whose content is no part of the key; ${HINT}`
    call.onEvent?.({ kind: 'note', message })
  }
}
