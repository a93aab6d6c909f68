import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { print } from '../../src/cli/output.js'
import { DefinitionError, EngineError, RegistryError } from '../../src/model/errors.js'
import { escapeCiCommands, escapeJson } from '../../src/report/escape.js'
import { pictureOf } from '../../src/report/graph/picture.js'
import { formatPicture, PICTURE_FORMATS, type PictureFormat } from '../../src/report/graph-formats.js'
import { formatReportPage } from '../../src/report/html/report-page.js'
import { formatJunit } from '../../src/report/junit.js'
import { painted, unpainted } from '../../src/report/paint.js'
import { plainReporter } from '../../src/report/plain.js'
import { eventLinesReporter } from '../../src/report/progress/event-lines.js'
import { groupMarkers } from '../../src/report/progress/groups.js'
import type { Reporter } from '../../src/report/progress/reporter.js'
import { terminalReporter } from '../../src/report/progress/terminal.js'
import { RunRecorder } from '../../src/report/record/run-record.js'
import { reportOf } from '../../src/report/report.js'
import { formatBuilders, formatChanges } from '../../src/report/text/builders-text.js'
import { formatDiagnosis } from '../../src/report/text/diagnosis-text.js'
import { formatError, formatUsage } from '../../src/report/text/error-text.js'
import { formatAssembly, formatCopied, formatPromoted } from '../../src/report/text/image-text.js'
import { formatInspections } from '../../src/report/text/inspection-text.js'
import { formatLockResult } from '../../src/report/text/lock-text.js'
import { formatPlan } from '../../src/report/text/plan-text.js'
import { formatPruned } from '../../src/report/text/prune-text.js'
import { formatReport } from '../../src/report/text/report-text.js'
import { evilRun, poison } from './evil-run.js'
import { digestOf, FAILED, PLAN, WHOLE } from './recorded-run.js'

/** Text that some reader of output acts on, each with a line of its own where it acts at the start of a line only. */
const HOSTILE = [
  ...['\n::set-output name=a::b', '\r\n  ::add-mask::x', '\u2028::error::x', '##[error]x', '##vso[task.setvariable]x'],
  ...[
    '##teamcity[x]',
    '\u001b[2J',
    '\u001b]0;title\u0007',
    '\u001b[8m',
    '\u009b2J',
    '\u009d0;x\u009c',
    '\u007f',
    '\b\b',
  ],
  ...['\u202e', '\u2066', '\u200f', '</script></style></svg>', '<img src=x>', '{"markup":"<b>"}', '"', "'", '`'],
].join(' ')

const hostile = <T>(value: T): T => poison(value, '', HOSTILE) as T
const PLANNED = hostile(PLAN)
const DIGEST = digestOf('a')

const IMAGE = {
  digest: DIGEST,
  declared: { os: 'linux', architecture: 'arm' },
  size: 1,
  layers: 1,
  base: { name: 'b' },
}
const INSPECTION = {
  ...{ reference: 'r.example/app:1', digest: DIGEST, manifest: { annotations: { a: 'b' } } },
  ...{ images: [IMAGE], blobs: [{ mediaType: 'text/x', size: 1 }] },
}
const DIAGNOSIS = { findings: [{ subject: 's', state: 'warning' as const, message: 'm', advice: 'a' }] }
const LOCKED = { file: 'f', entries: 1, changes: [{ change: 'c', name: 'n', platform: 'p', from: 'f', to: 't' }] }
const PRUNED = [{ reference: 'r', why: 'unreadable', outcome: 'kept' as const, because: 'b' }]
const PROMOTED = {
  ...{ reference: 'r', from: DIGEST, to: digestOf('b'), notes: ['n'] },
  referrers: [{ digest: DIGEST, subject: DIGEST, artifactType: 'a' }],
}
const ASSEMBLED = {
  ...PROMOTED,
  digest: DIGEST,
  manifests: [{ digest: DIGEST, platform: { os: 'o', architecture: 'a' } }],
}
const BUILDER = { address: 'a', deployments: [{ platforms: ['p'], replicas: 1, readyReplicas: 1, image: 'i' }] }
const EXCHANGE = { method: 'GET', url: 'https://r.example/x', status: 500, codes: [HOSTILE], requestId: HOSTILE }
const ERRORS = [
  new EngineError('BUILD_FAILED', HOSTILE, { node: HOSTILE, hint: HOSTILE, cause: new Error(HOSTILE) }),
  new DefinitionError([
    { path: HOSTILE, message: HOSTILE, hint: HOSTILE },
    { path: 'x', message: HOSTILE },
  ]),
  new RegistryError('REGISTRY_REJECTED', HOSTILE, { exchange: EXCHANGE }),
  Object.assign(new Error(HOSTILE), { name: HOSTILE }),
]

/** What a command writes of a text. */
function written(text: string): string {
  const parts: string[] = []
  print(text, { write: (part) => parts.push(part) > 0 })
  return parts.join('')
}

function reported(open: (write: (text: string) => void) => Reporter): string {
  let output = ''
  const reporter = open((text) => {
    output += text
  })
  for (const events of [WHOLE, FAILED]) for (const event of evilRun(events, HOSTILE)) reporter.report(event)
  reporter[Symbol.dispose]()
  return output
}

const STYLES = new RegExp(`${String.fromCharCode(0x1b)}\\[[\\d;]*m`, 'g')
const REORDERING = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/
const COMMAND = /^[^\S\n]*::|##(?:vso|teamcity)?\[/m

/** What holds for files, too, which `--out` writes as they are. */
function expectNoControls(text: string): void {
  expect(text).not.toMatch(/[^\P{Cc}\n\t]/u)
  expect(text).not.toMatch(REORDERING)
}

function expectHarmless(output: string): void {
  expect(output).not.toBe('')
  expectNoControls(output)
  expect(output).not.toMatch(COMMAND)
}

describe('hostile text in every field of', () => {
  const texts: readonly (readonly [string, () => string])[] = [
    ['plan', () => formatPlan(PLANNED)],
    ['the report of a run', () => formatReport(reportOf(evilRun(WHOLE, HOSTILE)))],
    ['the report of a failed run', () => formatReport(reportOf(evilRun(FAILED, HOSTILE)))],
    ['promote', () => formatPromoted([hostile(PROMOTED)])],
    ['copy', () => formatCopied(HOSTILE, hostile({ ...PROMOTED, digest: DIGEST }))],
    ['assemble', () => formatAssembly(HOSTILE, hostile(ASSEMBLED))],
    ['inspect', () => formatInspections([hostile(INSPECTION)])],
    ['doctor', () => formatDiagnosis(hostile(DIAGNOSIS), unpainted)],
    ['lock', () => formatLockResult(hostile(LOCKED))],
    ['prune', () => formatPruned(hostile(PRUNED))],
    ['builder create', () => formatChanges([hostile({ kind: 'k', name: 'n', change: 'c' })])],
    ['builder list', () => formatBuilders([hostile(BUILDER)])],
    ['wrong usage', () => formatUsage(HOSTILE, { hint: HOSTILE })],
    ...ERRORS.map((error, at) => [`error ${at}`, () => formatError(error, { verbose: true })] as const),
  ]
  test.each(texts)('%s does nothing to a terminal or a CI system', (_name, format) => {
    expectHarmless(written(format()))
  })

  test('output with colours has the colours alone', async () => {
    const tree = await formatPicture(pictureOf(PLANNED), 'tree', painted)
    const errors = ERRORS.map((error) => formatError(error, { verbose: true, paint: painted }))
    const output = written([tree, formatDiagnosis(hostile(DIAGNOSIS), painted), ...errors].join(''))
    expect(output).not.toContain('\u001b[8m')
    expectHarmless(output.replace(STYLES, ''))
  })

  test('the JUnit XML of a run has no control characters, and no markup of its own', () => {
    const recorder = new RunRecorder()
    for (const event of evilRun(FAILED, HOSTILE)) recorder.add(event)
    const record = recorder.record()
    const nodes = record.nodes.map((node) => ({ ...node, kind: 'test' as const, test: HOSTILE, because: HOSTILE }))
    const xml = formatJunit({ ...record, nodes })
    expectNoControls(xml)
    expect(xml).not.toMatch(/<(?!\/?(?:testsuites?|testcase|failure|error|skipped|system-out)\b|\?xml)/)
  })

  test.each([
    ['plan --json', PLANNED],
    ['inspect --json', hostile(INSPECTION)],
    ['a result of --json', reportOf(evilRun(WHOLE, HOSTILE))],
  ])('%s is JSON of the same value', (_name, value) => {
    const output = written(`${escapeJson(value, 2)}\n`)
    expectHarmless(output)
    expect(output).not.toContain('::')
    expect(JSON.parse(output)).toEqual(JSON.parse(JSON.stringify(value)))
  })

  test('--progress json is a line of JSON for each event', () => {
    const output = reported(eventLinesReporter)
    expectHarmless(output)
    expect(output).not.toContain('::')
    const lines = output.trimEnd().split('\n').slice(1)
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      JSON.parse(JSON.stringify([...evilRun(WHOLE, HOSTILE), ...evilRun(FAILED, HOSTILE)])),
    )
  })

  test.each([true, false])('--progress plain (verbose: %s) does nothing to a terminal or a CI system', (verbose) => {
    expectHarmless(reported((write) => plainReporter({ write, verbose })))
  })

  test('--progress plain on GitHub has the commands of its groups alone', () => {
    const markers = groupMarkers({ GITHUB_ACTIONS: 'true' })
    const output = reported((write) => plainReporter({ write, verbose: true, markers }))
    expect(output).toMatch(/^::group::/m)
    expectHarmless(output.replace(/^::group::(?=app )|^::endgroup::$/gm, ''))
  })

  test('--progress tty has the sequences of the drawing alone', () => {
    const output = reported((write) => {
      const terminal = { write, columns: 200, rows: 50, on: () => {}, off: () => {} }
      return terminalReporter({ terminal, paint: unpainted, verbose: true })
    })
    expect(output).not.toMatch(REORDERING)
    expect(output).not.toMatch(/[\u0080-\u009f\u007f]/)
    expect(output).not.toContain('title')
    expect(output).not.toContain('[8m')
    expectHarmless(escapeCiCommands(stripVTControlCharacters(output).replaceAll('\r', '')))
  })

  test.each<PictureFormat>(PICTURE_FORMATS)(
    'graph --format %s does nothing to a terminal, a CI system or a page',
    async (format) => {
      const text = await formatPicture(pictureOf(PLANNED), format)
      expectNoControls(text)
      const output = written(text)
      expectHarmless(output)
      if (format !== 'svg' && format !== 'html' && format !== 'mermaid') return
      expect(output).not.toMatch(/<\/?(?:script|img)|<b>/)
    },
  )

  test('report does nothing to a page', async () => {
    for (const events of [WHOLE, FAILED]) {
      const recorder = new RunRecorder()
      for (const event of evilRun(events, HOSTILE)) recorder.add(event)
      const text = await formatReportPage(recorder.record())
      expectNoControls(text)
      const page = written(text)
      expectHarmless(page)
      expect(page).not.toMatch(/<\/?script|<img|<b>/)
    }
  })
})
