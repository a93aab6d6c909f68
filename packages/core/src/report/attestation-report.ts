import { type Platform, platformIdentity } from '../model/platform.js'
import type { AttestedStatements } from '../model/run/events.js'
import type { NodePlan } from '../model/run/plan.js'

/** A signed image or index. */
export interface SignatureReport {
  readonly reference: string
  /** `kept`: it had the signature before. */
  readonly outcome: 'signed' | 'kept'
}

/** Outcome of a node. */
export type NodeOutcome = 'reused' | 'made' | 'failed' | 'skipped' | 'not-run'

/** A node with its result. */
interface NodeResult extends Pick<NodePlan, 'node' | 'pipeline' | 'kind' | 'platform'> {
  readonly outcome: NodeOutcome
  /** Repository and digest of the result. */
  readonly reference?: string
}

/** Signature, statements and tests of one image or index. */
export interface AttestationReport extends Omit<NodeResult, 'outcome'>, AttestedStatements {
  /** Missing if the run does not sign. */
  readonly signature?: SignatureReport['outcome']
  /** Missing if the image has no tests, or they are skipped. */
  readonly tests?: TestCounts
}

/** Tests of an image, by outcome. */
export interface TestCounts {
  /** Also in an earlier run. */
  readonly passed: number
  readonly failed: number
  /** The image or another test failed before. */
  readonly notRun: number
}

/** Collects the attestations of each image and index of a run; results without any are omitted. */
export function attestationReports(
  nodes: readonly NodeResult[],
  signatures: readonly SignatureReport[],
  statements: ReadonlyMap<string, AttestedStatements>,
): readonly AttestationReport[] {
  const outcomes = new Map(signatures.map(({ reference, outcome }) => [reference, outcome]))
  return nodes.flatMap(({ node, pipeline, kind, platform, reference }) => {
    if (kind !== 'image' && kind !== 'index') return []
    const attested = statements.get(node)
    const signature = reference === undefined ? undefined : outcomes.get(reference)
    const tests = kind === 'image' ? testCounts(testsOf(pipeline, platform, nodes)) : undefined
    if (signature === undefined && tests === undefined && attested === undefined) return []
    const image = { node, pipeline, kind, ...(platform && { platform }), ...(reference !== undefined && { reference }) }
    return [{ ...image, ...(signature && { signature }), ...attested, ...(tests && { tests }) }]
  })
}

function testsOf(
  pipeline: string,
  platform: Platform | undefined,
  nodes: readonly NodeResult[],
): readonly NodeResult[] {
  if (platform === undefined) return []
  const identity = platformIdentity(platform)
  return nodes.filter(
    (one) =>
      one.kind === 'test' &&
      one.pipeline === pipeline &&
      one.platform !== undefined &&
      platformIdentity(one.platform) === identity,
  )
}

function testCounts(tests: readonly NodeResult[]): TestCounts | undefined {
  if (tests.length === 0) return undefined
  const count = (...outcomes: readonly NodeOutcome[]) =>
    tests.filter(({ outcome }) => outcomes.includes(outcome)).length
  return { passed: count('made', 'reused'), failed: count('failed'), notRun: count('skipped', 'not-run') }
}

/** Titles of the columns of {@link attestationCells}. */
export const ATTESTATION_COLUMNS = ['Signature', 'Provenance', 'SBOM', 'Tests'] as const

/** The attestations of an image, in the order of {@link ATTESTATION_COLUMNS}; an empty text if there is none. */
export function attestationCells({ signature, provenance, sbom, tests }: AttestationReport): readonly string[] {
  const signed = signature === undefined ? '' : { signed: 'signed', kept: 'signed before' }[signature]
  return [
    signed,
    provenance === true ? 'yes' : (provenance ?? ''),
    sbom ?? '',
    tests === undefined ? '' : testText(tests),
  ]
}

function testText({ passed, failed, notRun }: TestCounts): string {
  const counts = [
    [passed, 'passed'],
    [failed, 'failed'],
    [notRun, 'not run'],
  ] as const
  return counts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])).join(', ')
}
