import { shortDigest } from '../model/digest.js'
import type { NodePlan, Plan, TagPlan } from '../model/plan.js'
import { alignColumns } from './units.js'

/** A plan as text: every node with what would happen to it and why, then every name with what it would point to. */
export function formatPlan(plan: Plan): string {
  const notes = plan.notes.map((note) => `note: ${note}\n`).join('')
  const problems = plan.problems.map(problemText)
  return [notes, alignColumns(plan.nodes.map(nodeRow)), alignColumns(plan.tags.map(tagRow)), problems.join('')]
    .filter((part) => part !== '')
    .join('\n')
}

function problemText({ node, message, hint, code }: Plan['problems'][number]): string {
  return `problem: ${node === undefined ? '' : `${node}: `}${message} (${code})\n${hintLine(hint)}`
}

function hintLine(hint: string | undefined): string {
  return hint === undefined ? '' : `  hint: ${hint}\n`
}

function nodeRow({ node, action, reason, digest, execution, needs, kind }: NodePlan): readonly string[] {
  const from = kind === 'image' ? `on ${needs.at(-1)}` : ''
  const why = action === 'known-after' ? reason : [reason, from, execution].filter(Boolean).join(', ')
  return [ACTION_WORDS[action], node, digest === undefined ? '' : shortDigest(digest), why]
}

const ACTION_WORDS: Readonly<Record<NodePlan['action'], string>> = {
  reuse: 'reuse',
  copy: 'copy',
  mount: 'mount',
  create: 'create',
  rebuild: 'rebuild',
  'known-after': 'make',
  'not-needed': 'leave',
}

function tagRow({ reference, action, from, to, node }: TagPlan): readonly string[] {
  const before = from === undefined ? 'nothing' : shortDigest(from)
  const after = to === undefined ? `known after ${node}` : shortDigest(to)
  return [`tag ${action === 'known-after' ? 'move' : action}`, reference, `${before} -> ${after}`]
}
