import { type Decoded, type Encoded, field, map, message, repeated } from './grpc/messages.js'
import { timestamp } from './status.js'

// The part of BuildKit's control API in use. Field numbers are stable: BuildKit 0.8, in Docker Engine 20.10, and newer
// versions accept the same messages.
// https://github.com/moby/buildkit/blob/v0.20.0/api/services/control/control.proto
// https://github.com/moby/buildkit/blob/v0.20.0/solver/pb/ops.proto
// https://github.com/moby/buildkit/blob/v0.20.0/sourcepolicy/pb/policy.proto

const opMetadata = message('OpMetadata', {
  /** Run it even if the cache has its result. */
  ignore_cache: field('bool', 1),
  /** `llb.customname` is the name of the step in progress. */
  description: map('string', 2),
})

const definition = message('Definition', {
  def: repeated('bytes', 1),
  metadata: map(opMetadata, 2),
})

const cacheEntry = message('CacheEntry', {
  Type: field('string', 1),
  Attrs: map('string', 2),
})

const rule = message('Rule', {
  action: field('int32', 1),
  selector: field(message('Selector', { identifier: field('string', 1), match_type: field('int32', 2) }), 2),
  updates: field(message('Update', { identifier: field('string', 1) }), 3),
})

/** A build. */
export const solveRequest = message('SolveRequest', {
  Ref: field('string', 1),
  Definition: field(definition, 2),
  Exporter: field('string', 3),
  ExporterAttrs: map('string', 4),
  Session: field('string', 5),
  Frontend: field('string', 6),
  FrontendAttrs: map('string', 7),
  Cache: field(message('CacheOptions', { Exports: repeated(cacheEntry, 4) }), 8),
  Entitlements: repeated('string', 9),
  Internal: field('bool', 11),
  SourcePolicy: field(message('Policy', { version: field('int64', 1), rules: repeated(rule, 2) }), 12),
})

/** The result of a build. */
export const solveResponse = message('SolveResponse', { ExporterResponse: map('string', 1) })

/** A request for the reports of a build. */
export const statusRequest = message('StatusRequest', { Ref: field('string', 1) })

const version = message('Version', {
  package: field('string', 1),
  version: field('string', 2),
  revision: field('string', 3),
})

/** The version. */
export const infoResponse = message('InfoResponse', { buildkitVersion: field(version, 1) })

const gcRule = message('GcRule', {
  /** Whether it includes internal records, such as those of frontends. */
  all: field('bool', 1),
  /** In nanoseconds. */
  keepDuration: field('int64', 2),
  /** The size of the cache that is kept. Before BuildKit 0.17, the largest size. */
  reservedSpace: field('int64', 3),
  filters: repeated('string', 4),
  maxUsedSpace: field('int64', 5),
  minFreeSpace: field('int64', 6),
})

const platform = message('Platform', {
  architecture: field('string', 1),
  os: field('string', 2),
  variant: field('string', 3),
})

const worker = message('Worker', {
  ID: field('string', 1),
  Labels: map('string', 2),
  platforms: repeated(platform, 3),
  /** When it deletes cache records. */
  GCPolicy: repeated(gcRule, 4),
})

/** The workers. */
export const listWorkersResponse = message('ListWorkersResponse', { record: repeated(worker, 1) })

/** A request to delete cache records. */
export const pruneRequest = message('PruneRequest', {
  filter: repeated('string', 1),
  all: field('bool', 2),
})

/** A record of the cache. */
export const usageRecord = message('UsageRecord', {
  ID: field('string', 1),
  Mutable: field('bool', 2),
  InUse: field('bool', 3),
  /** In bytes. */
  Size: field('int64', 4),
  Description: field('string', 9),
  RecordType: field('string', 10),
  Shared: field('bool', 11),
})

/** The records of the cache. */
export const diskUsageResponse = message('DiskUsageResponse', { record: repeated(usageRecord, 1) })

/** A request for the builds that have completed. */
export const historyRequest = message('BuildHistoryRequest', {
  /** Whether the answer ends after them; otherwise it continues with new ones. */
  EarlyExit: field('bool', 3),
})

const buildRecord = message('BuildHistoryRecord', {
  FrontendAttrs: map('string', 3),
  Exporters: repeated(message('Exporter', { Type: field('string', 1), Attrs: map('string', 2) }), 4),
  error: field(message('Status', { code: field('int32', 1) }), 5),
  CreatedAt: field(timestamp, 6),
  CompletedAt: field(timestamp, 7),
})

/** A message of the history. */
export const historyEvent = message('BuildHistoryEvent', { record: field(buildRecord, 2) })

/** A build in BuildKit's history. */
export interface BuildRecord extends Decoded<typeof buildRecord> {}

/** A build in BuildKit's low-level format (LLB): operations, each by the digest of its bytes. */
export interface LlbDefinition extends Required<Encoded<typeof definition>> {}

/** Properties of an operation that are not part of its digest. */
export interface LlbMetadata extends Encoded<typeof opMetadata> {}

/** A cache that a build exports, as `type=registry,ref=…` of `docker buildx build` names it. */
export interface CacheEntry extends Required<Encoded<typeof cacheEntry>> {}

/** A worker of BuildKit. */
export interface Worker extends Decoded<typeof worker> {}

/** A rule by which BuildKit deletes cache records. Sizes are in bytes, 0 for none. */
export interface GcRule extends Decoded<typeof gcRule> {}

/** A record of BuildKit's cache. */
export interface UsageRecord extends Decoded<typeof usageRecord> {}

/** The version of a BuildKit. */
export interface BuildKitVersion extends Decoded<typeof version> {}
