import { shortDigest } from '../../model/digest.js'
import { formatPlatform } from '../../model/platform.js'
import type { EnginePlan, NodePlan, Plan, SignaturePlan, TagPlan } from '../../model/run/plan.js'
import { escapeText } from '../escape.js'
import { ACTION_LABELS, tagActionLabel } from '../event-text.js'
import { alignColumns } from '../units.js'

/** Formats a plan: every node with its action and reason, then every name with its new digest. */
export function formatPlan(plan: Plan): string {
  const notes = plan.notes.map((note) => `note: ${note}\n`).join('')
  const errors = plan.errors.map(errorLines)
  const { engines = [] } = plan
  const hasSeveral = engines.length > 1
  const nodes = plan.nodes.map((node) => nodeRow(node, hasSeveral))
  const parts = [
    notes,
    hasSeveral ? alignColumns(engines.map(builderRow)) : '',
    alignColumns(nodes),
    alignColumns(plan.tags.map(tagRow)),
    alignColumns((plan.signatures ?? []).map(signatureRow)),
    errors.join(''),
  ]
  return escapeText(parts.filter((part) => part !== '').join('\n'))
}

function errorLines({ node, message, hint, code }: Plan['errors'][number]): string {
  return `error: ${node === undefined ? '' : `${node}: `}${message} (${code})\n${hintLine(hint)}`
}

function hintLine(hint: string | undefined): string {
  return hint === undefined ? '' : `  hint: ${hint}\n`
}

function builderRow({ engine, version, native, emulated, error }: EnginePlan): readonly string[] {
  if (native === undefined) return ['builder', engine, '', error?.message ?? '']
  const foreign = emulated?.map(formatPlatform).join(', ')
  const emulation =
    foreign === undefined ? 'emulated platforms are not reported' : `by emulation ${foreign || 'nothing'}`
  return ['builder', engine, `version ${version}`, `natively ${formatPlatform(native)}; ${emulation}`]
}

function nodeRow(
  { node, action, reason, digest, execution, engine, needs, kind }: NodePlan,
  hasSeveral: boolean,
): readonly string[] {
  const from = kind === 'image' ? `on ${needs.at(-1)}` : ''
  const why =
    action === 'known-after'
      ? reason
      : [reason, from, hasSeveral && engine ? `${execution} on ${engine}` : execution].filter(Boolean).join(', ')
  return [ACTION_LABELS[action], node, digest === undefined ? '' : shortDigest(digest), why]
}

function tagRow({ reference, action, from, to, node }: TagPlan): readonly string[] {
  const before = from === undefined ? 'nothing' : shortDigest(from)
  const after = to === undefined ? `known after ${node}` : shortDigest(to)
  return [`tag ${tagActionLabel({ action, from })}`, reference, `${before} -> ${after}`]
}

function signatureRow({ node, repository, action, digest }: SignaturePlan): readonly string[] {
  const word = action === 'keep' ? 'keep signature' : 'sign'
  return [word, node, digest === undefined ? '' : shortDigest(digest), `in ${repository}`]
}
