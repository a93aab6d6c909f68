import type { Digest } from '../model/digest.js'
import type { CodeCheck, RunEvent } from '../model/run/events.js'
import type { NodePlan, TagPlan } from '../model/run/plan.js'
import type { NodeReport, ReadBackResult } from './report.js'
import { formatBytes } from './units.js'

/** Labels for the actions of a plan, the same in all output. */
export const ACTION_LABELS: Readonly<Record<NodePlan['action'], string>> = {
  reuse: 'reuse',
  copy: 'copy',
  mount: 'mount',
  create: 'create',
  rebuild: 'rebuild',
  'known-after': 'make',
  run: 'run',
  skip: 'skip',
  'not-needed': 'leave',
}

/** The label of a name's action. If the new digest is not known yet, a name that exists is expected to move. */
export function tagActionLabel({
  action,
  from,
}: {
  readonly action: TagPlan['action']
  readonly from?: Digest | undefined
}): string {
  if (action !== 'known-after') return action
  return from === undefined ? 'create' : 'move'
}

/** The label of a node's outcome; a finished test has passed. */
export function outcomeLabel({ kind, outcome }: Pick<NodeReport, 'kind' | 'outcome'>): string {
  if (kind !== 'test') return outcome
  return outcome === 'made' ? 'passed' : outcome === 'reused' ? 'passed before' : outcome
}

/** Text for a result that was read from the registry again. */
export function readBackText({ images, bytes }: Pick<ReadBackResult, 'images' | 'bytes'>): string {
  return `read back ${images === 1 ? '1 image' : `${images} images`}, ${formatBytes(bytes)}`
}

/** Text for a build that is repeated on another builder, with the reason. */
export function movedText({ node, engine, error }: Extract<RunEvent, { readonly kind: 'node-reassigned' }>): string {
  return `${node}: ${error.message.split('\n', 1)[0]}; the build is repeated on ${engine}`
}

/** Text for a builder that joined or left the run. */
export function membershipText({
  kind,
  engine,
}: Extract<RunEvent, { readonly kind: 'builder-joined' | 'builder-left' }>): string {
  return kind === 'builder-joined' ? `${engine} joined the run` : `${engine} is ending and gets no more builds`
}

/** Whether the machine code matches the declared platform. */
export function isAsDeclared({ verdict }: CodeCheck): boolean {
  return verdict === 'match' || verdict === 'as-base'
}

/** Describes the result of a machine code check. */
export function codeText({ verdict, path, found, because, allowed }: CodeCheck): string {
  if (verdict === 'unknown') return `its machine code is unknown: ${because}`
  if (verdict === 'as-base') return 'its machine code is that of its base, which was verified before'
  const fact = `${path} is machine code for ${found}`
  return allowed ? `${fact}; the declared platform is used` : fact
}
