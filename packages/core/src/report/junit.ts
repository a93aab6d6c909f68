import { formatPlatform } from '../model/platform.js'
import { escapeHtml } from './escape.js'
import type { NodeRecord, RunRecord } from './record/run-record.js'

/** Remaining characters that XML 1.0 does not allow, even escaped. */
const NOT_IN_XML = /[\uFFFE\uFFFF]|\p{Surrogate}/gu

/**
 * The tests of a run as JUnit XML, for CI systems: a suite per pipeline and platform. An image that could not be built is an
 * error of its suite, because its tests did not run.
 *
 * @see https://github.com/testmoapp/junitxml
 */
export function formatJunit({ nodes, startedAt }: RunRecord): string {
  const suites = new Map<string, NodeRecord[]>()
  for (const node of nodes) {
    if (node.kind !== 'test' && !(node.kind === 'image' && node.outcome === 'failed')) continue
    const name = `${node.pipeline} ${node.platform === undefined ? '' : formatPlatform(node.platform)}`
    suites.set(name, [...(suites.get(name) ?? []), node])
  }
  const timestamp = startedAt === undefined ? {} : { timestamp: new Date(startedAt).toISOString() }
  const all = [...suites.values()].flat()
  const body = [...suites].map(([name, members]) =>
    element('testsuite', { name, ...countsOf(members), ...timestamp }, members.map(testCase).join('')),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: 'polyarch', ...countsOf(all) }, body.join(''))}`
}

function countsOf(nodes: readonly NodeRecord[]): Readonly<Record<string, string>> {
  const count = (has: (node: NodeRecord) => boolean) => String(nodes.filter(has).length)
  return {
    tests: String(nodes.length),
    failures: count((node) => isFailed(node)),
    errors: count((node) => node.outcome === 'failed' && !isFailed(node)),
    skipped: count(isSkipped),
    time: seconds(nodes.reduce((sum, { duration = 0 }) => sum + duration, 0)),
  }
}

/** Whether the image failed a test; other failures are not results of the test. */
function isFailed({ kind, outcome, error }: NodeRecord): boolean {
  return kind === 'test' && outcome === 'failed' && error?.code === 'TEST_FAILED'
}

function isSkipped({ outcome }: NodeRecord): boolean {
  return outcome === 'skipped' || outcome === 'not-run'
}

function testCase(node: NodeRecord): string {
  const { pipeline, platform, test = 'image', duration } = node
  const classname = [pipeline, platform && formatPlatform(platform)].filter(Boolean).join('.')
  const time = duration === undefined ? {} : { time: seconds(duration) }
  return element('testcase', { name: test, classname, ...time }, resultOf(node))
}

function resultOf(node: NodeRecord): string {
  const { outcome, error, because, plan } = node
  if (isSkipped(node)) return element('skipped', { message: because ?? plan.reason })
  if (outcome === 'reused') return element('system-out', {}, escaped('passed in an earlier run, on the same image'))
  if (outcome !== 'failed' || error === undefined) return ''
  const [message = ''] = error.message.split('\n', 1)
  return element(isFailed(node) ? 'failure' : 'error', { message, type: error.code }, escaped(error.message))
}

function element(name: string, attributes: Readonly<Record<string, string>>, content = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value).replace(/\s+/g, ' ')}"`)
  return content === '' ? `<${name}${written.join('')}/>\n` : `<${name}${written.join('')}>${content}</${name}>\n`
}

/** Entities of HTML's escape are those of XML. */
function escaped(text: string): string {
  return escapeHtml(text).replace(NOT_IN_XML, '\u{FFFD}')
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3)
}
