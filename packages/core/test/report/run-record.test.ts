import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/model/run/events.js'
import { html } from '../../src/report/html/html.js'
import { formatReportPage } from '../../src/report/html/report-page.js'
import { eventLinesReporter } from '../../src/report/progress/event-lines.js'
import { readEvents } from '../../src/report/record/read-events.js'
import { criticalPath, type RunRecord, RunRecorder } from '../../src/report/record/run-record.js'
import { digestOf, FAILED, HALF, nodePlan, WHOLE, work } from './recorded-run.js'

const HEADER = '{"kind":"events","version":1}\n'

function recordOf(events: readonly RunEvent[]): RunRecord {
  const recorder = new RunRecorder()
  for (const event of events) recorder.add(event)
  return recorder.record()
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

describe('the record of a run', () => {
  test('reports the outcome of each node, how long it took and what moved', () => {
    const { nodes } = recordOf(WHOLE)
    expect(nodes.map(({ node, outcome, duration }) => [node, outcome, duration])).toEqual([
      ['app base(linux/amd64)', 'reused', undefined],
      ['app base(linux/arm/v7)', 'made', 3_000],
      ['app base index', 'made', 1_000],
      ['app image(linux/amd64)', 'made', 4_000],
      ['app image(linux/arm/v7)', 'made', 65_000],
      ['app index', 'made', 1_000],
    ])
    expect(nodes[1]?.moved).toEqual([{ name: digestOf('d'), how: 'download', size: 30_000_000 }])
    expect(nodes[4]?.steps).toEqual([{ name: '[2/3] RUN make -j1', status: 'done', log: ['cc -c main.c'], dropped: 0 }])
    expect(nodes[4]?.warnings).toEqual(['FromAsCasing (Dockerfile line 3)'])
  })

  test('reports the layers of each image, and its machine code', () => {
    const [amd64, arm] = recordOf(WHOLE).nodes.slice(3)
    expect(amd64?.layers?.layers.map(({ size }) => size)).toEqual([20_000_000, 5_000_000])
    expect(arm?.layers?.config).toEqual({ digest: digestOf('7'), size: 2_000 })
    expect([amd64?.code, arm?.code]).toEqual([undefined, { verdict: 'match', path: 'bin/sh', found: 'arm/v7' }])
  })

  test('shows what names hold that did not move, and does not guess what could not be read', async () => {
    const at = 1
    const record = recordOf([
      ...FAILED,
      { kind: 'tag-not-moved', at, reference: 'reg.example/app:1.0', holds: digestOf('5') },
      { kind: 'tag-not-moved', at, reference: 'reg.example/app:new' },
      { kind: 'tag-not-moved', at, reference: 'reg.example/app:dark', isUnknown: true },
    ])
    const page = await formatReportPage(record)
    const rowOf = (name: string) => page.split('<tr>').find((row) => row.includes(`>${name}<`))
    expect(rowOf('reg.example/app:1.0')).toMatch(new RegExp(`not moved.*${digestOf('5')}`))
    expect(rowOf('reg.example/app:new')).toMatch(/not moved.*nothing/)
    expect(rowOf('reg.example/app:dark')).toMatch(/not known.*<td class="mono"><\/td>/)
    expect(page.match(/reg\.example\/app:1\.0</g)).toHaveLength(1)
  })

  test('marks the critical path', () => {
    const critical = recordOf(WHOLE).nodes.filter(({ isCritical }) => isCritical)
    expect(critical.map(({ node }) => node)).toEqual([
      'app base(linux/arm/v7)',
      'app base index',
      'app image(linux/arm/v7)',
      'app index',
    ])
  })

  test('marks, of a run that failed, the path to what failed', () => {
    const critical = recordOf(FAILED).nodes.filter(({ isCritical }) => isCritical)
    expect(critical.map(({ node }) => node).at(-1)).toBe('app image(linux/arm/v7)')
  })

  test('of a run that failed has the error', () => {
    const { outcome, error, nodes } = recordOf(FAILED)
    expect(outcome).toBe('failed')
    expect(error).toMatchObject({ code: 'BUILD_FAILED' })
    expect(nodes.find(({ node }) => node === 'app image(linux/amd64)')).toMatchObject({
      outcome: 'skipped',
      because: 'cancelled',
    })
  })

  test('keeps the end of a long log, in bounded memory', () => {
    const logs = Array.from({ length: 5_000 }, (_, index) =>
      work(9, 'app image(linux/arm/v7)', {
        kind: 'build-log',
        step: 'sha256:1',
        stream: 'stdout',
        text: `line ${index}\n`,
      }),
    )
    const step = recordOf([...WHOLE, ...logs]).nodes[4]?.steps[0]
    expect(step?.log).toHaveLength(400)
    expect(step?.log.at(-1)).toBe('line 4999')
    expect(step?.dropped).toBe(4_601)
  })
})

test('a critical path of nodes that need each other comes to an end', () => {
  const plan = nodePlan('a', 'index', 'create', { needs: ['a'] })
  expect([...criticalPath([{ node: 'a', outcome: 'made', plan, startedAt: 1, endedAt: 2 }])]).toEqual(['a'])
})

describe('events of a file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polyarch-events-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('give the same page as those of the run itself', async () => {
    let text = ''
    using reporter = eventLinesReporter((piece) => {
      text += piece
    })
    for (const event of WHOLE) reporter.report(event)
    const file = join(folder, 'events.jsonl')
    await writeFile(file, text)
    const recorder = new RunRecorder()
    for await (const event of readEvents(file)) recorder.add(event)
    expect(await formatReportPage(recorder.record())).toBe(await formatReportPage(recordOf(WHOLE)))
  })

  test.each([
    ['an empty file', '', 'it is empty'],
    ['another file', 'hello\n', 'it does not start like a file of events'],
    ['a later version', '{"kind":"events","version":2}\n', 'its version is 2, but this polyarch supports 1'],
    ['a line that is no event', '{"kind":"events","version":1}\n{"at":1}\n', 'line 2 is not an event'],
    ['an event without its fields', `${HEADER}{"at":1,"kind":"planned"}`, 'line 2 is not an event'],
    ['a field of another type', `${HEADER}{"at":1,"kind":"node-started","node":1}`, 'line 2 is not an event'],
    [
      'work of another type',
      `${HEADER}{"at":1,"kind":"work","node":"a","event":{"kind":"build-log"}}`,
      'line 2 is not an event',
    ],
    ['a time that no date has', `${HEADER}{"at":1e300,"kind":"node-started","node":"a"}`, 'line 2 is not an event'],
    ['a deep line', `${HEADER}${'['.repeat(100_000)}\n{}\n`, 'line 2 is not an event'],
    ['a line that is cut off before others', `${HEADER}{"kind":"wor\n{"at":1}\n`, 'line 2 is not an event'],
  ])('%s is rejected', async (_what, content, message) => {
    const file = join(folder, 'bad.jsonl')
    await writeFile(file, content)
    await expect(all(readEvents(file))).rejects.toMatchObject({
      code: 'USAGE',
      issues: [{ path: file, message }],
    })
  })

  test('that end in the middle of a line, as a killed run leaves them, give a page that reports it', async () => {
    const file = join(folder, 'cut.jsonl')
    const recorded = HALF.map((event) => `${JSON.stringify(event)}\n`).join('')
    await writeFile(file, `${HEADER}${recorded}{"kind":"work","at":17673`)
    const recorder = new RunRecorder()
    let cuts = 0
    const onCut = () => {
      cuts += 1
    }
    for await (const event of readEvents(file, onCut)) recorder.add(event)
    expect(cuts).toBe(1)
    expect(recorder.record()).toMatchObject({ isCut: true, endedAt: HALF.at(-1)?.at })
    expect(await formatReportPage(recorder.record())).toContain('was killed, or its events are incomplete')
    expect(recordOf(WHOLE).isCut).toBe(false)
  })

  test('events of later kinds are omitted', async () => {
    const file = join(folder, 'later.jsonl')
    const later = '{"at":1,"kind":"later"}\n{"at":1,"kind":"work","node":"a","event":{"kind":"later"}}\n'
    await writeFile(file, `${HEADER}${later}{"at":2,"kind":"node-started","node":"a"}\n`)
    expect(await all(readEvents(file))).toEqual([{ at: 2, kind: 'node-started', node: 'a' }])
  })

  test('a file that is not there is rejected', async () => {
    await expect(all(readEvents(join(folder, 'none')))).rejects.toMatchObject({ code: 'USAGE' })
  })
})

test('a template escapes all that is not markup already', () => {
  const inner = html`<b>${'<i>'}</b>`
  expect(html`<p title="${`"'`}">${inner}${[inner]}${'a & b'}${7}${undefined}</p>`.markup).toBe(
    '<p title="&quot;&#39;"><b>&lt;i&gt;</b><b>&lt;i&gt;</b>a &amp; b7</p>',
  )
})
