import type { CodeCheck, RunEvent } from '../model/run/events.js'
import type { NodePlan, TagPlan } from '../model/run/plan.js'

/** What the plan says of a node, in the word that people read everywhere. */
export const ACTION_WORDS: Readonly<Record<NodePlan['action'], string>> = {
  reuse: 'reuse',
  copy: 'copy',
  mount: 'mount',
  create: 'create',
  rebuild: 'rebuild',
  'known-after': 'make',
  'not-needed': 'leave',
}

/** The same of a name: where it will point to may be known later only; that it moves is known. */
export function tagWord(action: TagPlan['action']): string {
  return action === 'known-after' ? 'move' : action
}

/** That a build starts anew on another engine, and why. */
export function movedText({ node, engine, error }: Extract<RunEvent, { readonly kind: 'node-reassigned' }>): string {
  return `${node}: ${error.message.split('\n', 1)[0]}; the build is repeated on ${engine}`
}

/** Whether the machine code of an image leaves nothing to tell. */
export function isAsDeclared({ verdict }: CodeCheck): boolean {
  return verdict === 'match' || verdict === 'as-base'
}

/** What the machine code of an image says. */
export function codeText({ verdict, path, found, because, allowed }: CodeCheck): string {
  if (verdict === 'unknown') return `its machine code is unknown: ${because}`
  if (verdict === 'as-base') return 'its machine code is that of its base, which was verified before'
  const fact = `${path} is machine code for ${found}`
  return allowed ? `${fact}; the declared platform is used` : fact
}
