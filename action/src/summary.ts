import { summary } from '@actions/core'
import type { Report } from '@polyarch/core'

/** Writes the report into the summary of the job. */
export async function writeReport({ outcome, nodes, tags, notes }: Report): Promise<void> {
  summary.addHeading(`polyarch: ${outcome}`, 2)
  if (tags.length > 0) {
    summary.addTable([
      header('Name', 'Digest', 'Before'),
      ...tags.map(({ reference, from, to }) => [reference, code(to), from === to ? 'unchanged' : code(from ?? '—')]),
    ])
  }
  const images = nodes.filter(({ kind }) => kind === 'image' || kind === 'index')
  summary.addTable([
    header('Result', 'Outcome', 'Digest', 'Error'),
    ...images.map(({ node, outcome: result, digest, error }) => [
      escapeHtml(node),
      result,
      code(digest ?? '—'),
      escapeHtml(error?.message ?? ''),
    ]),
  ])
  for (const note of notes) summary.addRaw(`> ${escapeHtml(note)}`, true)
  await summary.write()
}

/** Writes Markdown into the summary of the job. */
export async function writeMarkdown(text: string): Promise<void> {
  await summary.addRaw(text, true).write()
}

function header(...names: readonly string[]) {
  return names.map((data) => ({ data, header: true }))
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
