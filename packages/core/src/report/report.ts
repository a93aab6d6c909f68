import type { Digest } from '../model/digest.js'
import type { ErrorData } from '../model/error-data.js'
import type { EngineUse } from '../model/run/engine-use.js'
import type { AttestedStatements, CodeCheck, RunEvent, RunOutcome, TagChange } from '../model/run/events.js'
import type { NodePlan, Plan } from '../model/run/plan.js'
import {
  type AttestationReport,
  attestationReports,
  type NodeOutcome,
  type SignatureReport,
} from './attestation-report.js'

/** Version of the shape of {@link Report} as JSON. */
const REPORT_VERSION = 1

/** Outcome of a node. For a build it states the builder; after a reassignment, the last one. */
export interface NodeReport
  extends Pick<NodePlan, 'node' | 'pipeline' | 'kind' | 'platform' | 'test'>,
    Partial<EngineUse> {
  readonly outcome: NodeOutcome
  /** Repository and digest of the result. */
  readonly reference?: string
  readonly digest?: Digest
  /** How long it took, in milliseconds. */
  readonly duration?: number
  readonly error?: ErrorData
  /** Result of the machine code check, if the image was built or the base added in this run. */
  readonly code?: CodeCheck
}

/** Result of a run. Plain data, made from the run's events alone. */
export interface Report {
  readonly version: typeof REPORT_VERSION
  readonly outcome: RunOutcome
  readonly nodes: readonly NodeReport[]
  /** Every name to be published, with its digests before and after the run. */
  readonly tags: readonly TagChange[]
  /** Every result that was to be signed, by repository and digest, if the run signs. */
  readonly signatures?: readonly SignatureReport[]
  /** Signature, statements and tests of each image and index that has any of them. */
  readonly attestations?: readonly AttestationReport[]
  readonly notes: readonly string[]
  /** Images that were loaded into the engine. */
  readonly loaded?: readonly LoadedImage[]
  /** Results that were read from the registry again before their names moved. */
  readonly readBack?: readonly ReadBackResult[]
}

/** An image that was loaded into the engine. */
export interface LoadedImage extends Required<Pick<NodeReport, 'pipeline' | 'platform'>> {
  /** Its repository and digest, by which the engine has it. */
  readonly reference: string
  /** The names of its index that it has in the engine too. */
  readonly names: readonly string[]
}

/** A result that was read back. */
export type ReadBackResult = Omit<Extract<RunEvent, { readonly kind: 'read-back' }>, 'kind' | 'at'>

/** Makes the report of a run from its events. */
export function reportOf(events: readonly RunEvent[]): Report {
  const planned = events.find((event) => event.kind === 'planned')
  const finished = events.find((event) => event.kind === 'run-finished')
  const readBack = events.flatMap((event) => (event.kind === 'read-back' ? [readBackResult(event)] : []))
  const plan: Pick<Plan, 'nodes' | 'notes'> = planned?.plan ?? { nodes: [], notes: [] }
  const signatures = events.flatMap(signatureReport)
  const loaded = loadedImages(events)
  const nodes = plan.nodes.map((node) => nodeReport(node, events))
  const attested = attestedOf(events)
  const attestations = attestationReports(nodes, signatures, attested)
  return {
    version: REPORT_VERSION,
    outcome: finished?.outcome ?? 'failed',
    nodes,
    tags: events.flatMap((event) => (event.kind === 'tag-moved' || event.kind === 'tag-kept' ? [event.change] : [])),
    ...(signatures.length > 0 && { signatures }),
    ...(attestations.length > 0 && { attestations }),
    notes: plan.notes,
    ...(loaded.length > 0 && { loaded }),
    ...(readBack.length > 0 && { readBack }),
  }
}

function signatureReport(event: RunEvent): readonly SignatureReport[] {
  if (event.kind !== 'signed' && event.kind !== 'signature-kept') return []
  return [{ reference: event.reference, outcome: event.kind === 'signed' ? 'signed' : 'kept' }]
}

function loadedImages(events: readonly RunEvent[]): readonly LoadedImage[] {
  const images = new Map<string, LoadedImage>()
  for (const event of events) {
    if (event.kind !== 'loaded') continue
    const { pipeline, platform, image, reference } = event
    const key = `${pipeline} ${image}`
    const names = [...(images.get(key)?.names ?? []), ...(reference === image ? [] : [reference])]
    images.set(key, { pipeline, platform, reference: image, names })
  }
  return [...images.values()]
}

/** The statements on results, by node. */
function attestedOf(events: readonly RunEvent[]): ReadonlyMap<string, AttestedStatements> {
  return new Map(
    events.flatMap((event) =>
      (event.kind === 'node-finished' || event.kind === 'node-reused') && event.attested !== undefined
        ? [[event.node, event.attested] as const]
        : [],
    ),
  )
}

function readBackResult({ node, reference, images, bytes }: ReadBackResult): ReadBackResult {
  return { node, reference, images, bytes }
}

function nodeReport(planned: NodePlan, events: readonly RunEvent[]): NodeReport {
  const { node, pipeline, kind, platform, test } = planned
  const own = events.filter((event) => 'node' in event && event.node === node)
  const common = {
    ...{ node, pipeline, kind },
    ...(platform && { platform }),
    ...(test !== undefined && { test }),
    ...useIn(planned),
    ...useOf(own),
    ...codeOf(node, events),
  }
  const started = own.find((event) => event.kind === 'node-started')
  const ended = own.find(({ kind: what }) => ENDS.has(what))
  const duration = started && ended ? { duration: ended.at - started.at } : {}
  switch (ended?.kind) {
    case 'node-reused':
      return { ...common, outcome: 'reused', reference: ended.reference, digest: ended.digest, ...duration }
    case 'node-finished':
      return { ...common, outcome: 'made', reference: ended.reference, digest: ended.digest, ...duration }
    case 'node-failed':
      return { ...common, outcome: 'failed', error: ended.error, ...duration }
    case 'node-skipped':
      return { ...common, outcome: 'skipped', ...duration }
    default:
      return { ...common, outcome: 'not-run' }
  }
}

const ENDS: ReadonlySet<RunEvent['kind']> = new Set(['node-reused', 'node-finished', 'node-failed', 'node-skipped'])

/** The last builder of a node. */
function useOf(events: readonly RunEvent[]): Partial<EngineUse> {
  const given = events.findLast((event) => event.kind === 'node-started' || event.kind === 'node-reassigned')
  return given === undefined ? {} : useIn(given)
}

function useIn({ engine, execution, engineReason }: Partial<EngineUse>): Partial<EngineUse> {
  return { ...(engine && { engine }), ...(execution && { execution }), ...(engineReason && { engineReason }) }
}

function codeOf(node: string, events: readonly RunEvent[]): Pick<NodeReport, 'code'> {
  for (const event of events) {
    if (event.kind !== 'work' || event.node !== node || event.event.kind !== 'code-checked') continue
    const { kind: _kind, ...code } = event.event
    return { code }
  }
  return {}
}
