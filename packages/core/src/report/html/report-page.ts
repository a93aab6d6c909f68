import { hintFor } from '../advice.js'
import { codeText, isAsDeclared, outcomeLabel, readBackText } from '../event-text.js'
import { pictureOf } from '../graph/picture.js'
import { formatSvg } from '../graph/svg.js'
import type { NodeRecord, RunRecord } from '../record/run-record.js'
import { formatDuration } from '../units.js'
import { fitControl, inlineSvg } from './graph-page.js'
import { type Html, html, trusted } from './html.js'
import { formatPage } from './page.js'
import { layerSection } from './report-layers.js'
import { movedSection } from './report-moved.js'
import { attestationSection, logSection, timelineSection } from './report-sections.js'
import { table } from './table.js'

/**
 * Formats a run as one self-contained page.
 *
 * @param draw - draws the picture of the plan
 */
export async function formatReportPage(record: RunRecord, draw = formatSvg): Promise<string> {
  const drawing = record.plan === undefined ? '' : inlineSvg(await draw(pictureOf(record.plan)))
  const body = html`${head(record)}
${failure(record)}
${noteSection(record)}
${nameSection(record)}
${attestationSection(record)}
${nodeSection(record)}
${timelineSection(record)}
${layerSection(record)}
${movedSection(record)}
${pictureSection(drawing)}
${logSection(record)}`
  return formatPage(`polyarch run: ${record.isCut ? 'incomplete events' : record.outcome}`, body)
}

const OUTCOMES: Readonly<Record<RunRecord['outcome'], readonly [style: string, text: string]>> = {
  succeeded: ['good', 'succeeded'],
  incomplete: ['warn', 'published without an optional platform'],
  failed: ['bad', 'failed'],
  cancelled: ['warn', 'was cancelled'],
}

/** State of a run whose end is not recorded. */
const UNFINISHED = ['bad', 'was killed, or its events are incomplete'] as const

function head({ outcome, startedAt, endedAt, nodes, retries, isCut }: RunRecord): Html {
  const [style, text] = isCut ? UNFINISHED : OUTCOMES[outcome]
  const counts = (['made', 'reused', 'failed', 'skipped', 'not-run'] as const).flatMap((one) => {
    const count = nodes.filter((node) => node.outcome === one).length
    return count === 0 ? [] : [`${count} ${NODE_OUTCOMES[one][1]}`]
  })
  const when = startedAt === undefined ? '' : `Started ${new Date(startedAt).toISOString()}. `
  const time = startedAt === undefined || endedAt === undefined ? '' : `Took ${formatDuration(endedAt - startedAt)}. `
  const again = retries === 0 ? '' : ` ${retries} requests to registries were repeated.`
  return html`<h1>The run${ofPipelines(nodes)} <span class="state ${style}">${text}</span></h1>
<p class="soft">${when}${time}${counts.join(', ')}.${again}</p>`
}

/** Highest number of names in a heading. */
const MAX_NAMES = 4

function ofPipelines(nodes: RunRecord['nodes']): string {
  const names = [...new Set(nodes.map(({ plan }) => plan.pipeline))]
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''
  return names.length === 0 ? '' : ` of ${names.slice(0, MAX_NAMES).join(', ')}${more}`
}

function failure({ error }: RunRecord): Html {
  if (error === undefined) return html``
  const issues = (error.issues ?? []).map(
    (issue) =>
      html`<div class="box bad">${`${issue.path}: ${issue.message}${issue.hint === undefined ? '' : `\nhint: ${issue.hint}`}`}</div>`,
  )
  const where = error.node === undefined ? '' : `${error.node}: `
  const advice = error.hint ?? (error.code === 'UNEXPECTED' ? undefined : hintFor(error.code))
  const hint = advice === undefined ? '' : `\nhint: ${advice}`
  return html`<h2>Failures</h2>
${issues.length > 0 ? issues : html`<div class="box bad">${`${where}${error.message}${hint}`}</div>`}
<p class="soft">Code ${error.code}.${error.code === 'UNEXPECTED' ? '' : html` <code>npx tsx build.ts explain ${error.code}</code> prints more.`}</p>`
}

function noteSection({ notes, nodes, plan, readBack }: RunRecord): Html {
  const warnings = nodes.flatMap(({ node, warnings: own, code }) => {
    const unverified = code === undefined || isAsDeclared(code) ? [] : [codeText(code)]
    return [...own, ...unverified].map((text) => `${node}: ${text}`)
  })
  const errors = (plan?.errors ?? []).map(({ message }) => message)
  const verified = (readBack ?? []).map((one) => `${one.node}: ${readBackText(one)}`)
  const all = [...new Set([...errors, ...notes, ...warnings, ...verified])]
  if (all.length === 0) return html``
  return html`<h2>Notes, policies and warnings</h2>
${all.map((text) => html`<div class="box warn">${text}</div>\n`)}`
}

function nameSection({ tags, plan, loaded = [], outputs, unmoved }: RunRecord): Html {
  const done = new Set([...tags, ...unmoved].map(({ reference }) => reference))
  const left = (plan?.tags ?? []).filter(({ reference }) => !done.has(reference))
  const rows = [
    ...tags.map(({ reference, from, to }) =>
      from === to
        ? nameRow(reference, { what: 'kept', from, to })
        : nameRow(reference, { what: 'moved', from: from ?? 'nothing', to, style: 'good' }),
    ),
    ...unmoved.map(({ reference, holds, isUnknown }) =>
      nameRow(reference, {
        what: isUnknown ? 'not known' : 'not moved',
        from: holds ?? (isUnknown ? '' : 'nothing'),
        style: 'warn',
      }),
    ),
    ...left.map(({ reference, from }) =>
      nameRow(reference, { what: 'not moved', from: from ?? 'nothing', style: 'warn' }),
    ),
    ...loaded
      .flatMap(({ reference, names }) => (names.length > 0 ? names : [reference]))
      .map((name) => nameRow(name, { what: 'loaded into the engine', style: 'good' })),
    ...outputs.map(({ dest, type }) => nameRow(dest, { what: `written (${type})`, style: 'good' })),
  ]
  if (rows.length === 0) return html``
  return html`<h2>Names</h2>
${table('Names', ['Name', 'Change', 'From', 'To'], rows)}`
}

/** What happened to a name, or to an output. */
interface NameChange {
  readonly what: string
  readonly from?: string
  readonly to?: string
  readonly style?: string
}

function nameRow(name: string, { what, from = '', to = '', style = '' }: NameChange): Html {
  return html`<tr><th scope="row">${name}</th><td><span class="state ${style}">${what}</span></td><td class="mono">${from}</td><td class="mono">${to}</td></tr>\n`
}

const NODE_OUTCOMES: Readonly<Record<NodeRecord['outcome'], readonly [style: string, text: string]>> = {
  made: ['good', 'made'],
  reused: ['', 'reused'],
  failed: ['bad', 'failed'],
  skipped: ['warn', 'skipped'],
  'not-run': ['', 'not run'],
}

/** Names how a base was made: copied or mounted. */
function outcomeText({ kind, outcome, plan }: NodeRecord): string {
  if (kind === 'test' && (outcome === 'made' || outcome === 'reused')) return outcomeLabel({ kind, outcome })
  if (outcome !== 'made') return NODE_OUTCOMES[outcome][1]
  const labels: Readonly<Record<string, string>> = { copy: 'copied', mount: 'mounted', rebuild: 'rebuilt' }
  return labels[plan.action] ?? 'made'
}

/** In the past tense, once the node is finished. */
function reasonOf({ outcome, plan }: NodeRecord): string {
  return outcome === 'not-run' ? plan.reason : pastReason(plan.reason)
}

function nodeSection({ nodes }: RunRecord): Html {
  if (nodes.length === 0) return html``
  const rows = nodes.map((node) => {
    const { outcome, duration, digest, because, error, execution, engine, code } = node
    const where = execution === undefined || engine === undefined ? execution : `${execution} on ${engine}`
    const checked = code !== undefined && isAsDeclared(code) ? codeText(code) : undefined
    const reason = because ?? error?.message.split('\n', 1)[0] ?? reasonOf(node)
    const why = [reason, where, checked].filter((part) => part !== undefined).join(', ')
    return html`<tr><th scope="row">${node.node}</th><td><span class="state ${NODE_OUTCOMES[outcome][0]}">${outcomeText(node)}</span></td><td>${why}</td><td class="number">${duration === undefined ? '' : formatDuration(duration)}</td><td class="mono">${digest}</td></tr>\n`
  })
  return html`<h2>Nodes and reasons</h2>
${table('Nodes and reasons', ['Node', 'Outcome', 'Reason', ['Took', 'number'], 'Digest'], rows)}`
}

function pictureSection(drawing: string): Html {
  if (drawing === '') return html``
  return html`<h2>The planned graph</h2>
${fitControl}
<div class="picture scroll" tabindex="0" role="img" aria-label="The graph of the run; the table of nodes has the same content.">${trusted(drawing)}</div>`
}

/** Phrases of the plan's reasons that are about the present, and what they are once the node is finished. */
const PHRASES: readonly (readonly [present: string, past: string])[] = [
  ['the registry has it under', 'the registry had it under'],
  ['nothing in this run needs it', 'nothing in this run needed it'],
  ['known after', 'its key was known after'],
  ['not in the repository yet', 'was not in the repository'],
  ['are not recorded', 'were not recorded'],
  ['does not show where', 'did not show where'],
  ['its images differ from', 'its images differed from'],
  ['the image has not passed it yet', 'the image had not passed it'],
  ['runs every time', 'is run every time'],
  ['tests are skipped: the image is not tested', 'tests were skipped: the image was not tested'],
  ['reuse is disabled', 'reuse was disabled'],
]

/** A reason of the plan in the past tense. */
export function pastReason(reason: string): string {
  return PHRASES.reduce((text, [present, past]) => text.replaceAll(present, past), reason)
}
