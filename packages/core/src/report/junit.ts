import { formatPlatform } from '../model/platform.js'
import type { NodeRecord, RunRecord } from './record/run-record.js'

/** Characters that XML 1.0 does not allow, escaped or not. */
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' },
  ...{ '\n': '&#10;', '\t': '&#9;', '\r': '&#13;' },
}

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

/** Whether the image did not pass a test; any other failure says nothing about the image. */
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
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value, /[&<>"\n\t\r]/g)}"`)
  return content === '' ? `<${name}${written.join('')}/>\n` : `<${name}${written.join('')}>${content}</${name}>\n`
}

function escaped(text: string, special = /[&<>\r]/g): string {
  return text.replace(NOT_IN_XML, '\u{FFFD}').replace(special, (one) => ENTITIES[one] ?? one)
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3)
}
