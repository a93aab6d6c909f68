/**
 * Pipelines, plan, execution, and images without a build.
 *
 * @module \@polyarch/core
 */

export type { BuilderOptions } from './builder/options.js'
export type { CommandLineOptions } from './cli/command.js'
export { run } from './cli/run.js'
export type { AnnotationMap, AnnotationSettings } from './definition/declare/annotation-settings.js'
export type { AttestationOptions } from './definition/declare/attestation-options.js'
export type { ContextSource, TarSource, TarStream } from './definition/declare/build-context.js'
export type { SecretSource, SecretValue, SshSource } from './definition/declare/build-secrets.js'
export type {
  BuildOptions,
  BuildSettings,
  FileModes,
  UnpinnedPolicy,
} from './definition/declare/build-settings.js'
export type {
  DeclaredPipeline,
  ImageFormat,
  PipelineDeclaration,
  PlatformDeclaration,
} from './definition/declare/declaration.js'
export { fromImage, type ImageBase } from './definition/declare/image-base.js'
export type { NamedContextSource } from './definition/declare/named-contexts.js'
export type { PerPlatform } from './definition/declare/per-platform.js'
export { type Pipeline, pipeline } from './definition/declare/pipeline.js'
export { type PlatformSettings, platform, type WordSettings } from './definition/declare/platform-declaration.js'
export type {
  AptBase,
  BaseAnswer,
  BaseSource,
  BaseTraits,
  CodePolicy,
  ConfigPolicy,
  MadeBase,
  PipelineBase,
  PipelineValue,
  RegistryBase,
  RootfsBase,
} from './definition/plugin/base-source.js'
export {
  defineBase,
  type OptionSchemas,
  type ParsedOptions,
  type SchemaBase,
  type WrittenOptions,
} from './definition/plugin/define-base.js'
export {
  type DistributionOptions,
  type DistributionTable,
  defineDistribution,
  type Release,
  type ReleaseName,
} from './definition/plugin/distribution.js'
export {
  type AnyBase,
  type Base,
  type BaseRequest,
  type Bases,
  definePlugin,
  type PlatformWord,
  type PlatformWords,
  type Plugin,
  type Refusal,
  type ReservedOption,
} from './definition/plugin/plugin.js'
export type {
  ArchiveState,
  FoundArchive,
  PublishedVerdict,
  RootfsCall,
  RootfsImplementation,
  RootfsKind,
  RootfsTool,
  UsedArchive,
} from './definition/plugin/rootfs-kind.js'
export type { SignerRequirement } from './definition/plugin/signer-requirement.js'
export type { Digest } from './model/digest.js'
export type { ErrorData } from './model/error-data.js'
export {
  CancelledError,
  DefinitionError,
  EngineError,
  type ErrorCode,
  HostError,
  type Issue,
  PolyarchError,
  RegistryError,
} from './model/errors.js'
export type { Annotations, Descriptor, ImageIndex, ImageManifest } from './model/oci.js'
export { formatPlatform, type Platform } from './model/platform.js'
export type { EngineReason, EngineUse } from './model/run/engine-use.js'
export type { CodeCheck, RunEvent, RunOutcome, TagChange, WorkEvent } from './model/run/events.js'
export type { EnginePlan, NodePlan, Plan, PlanAction, SignaturePlan, TagPlan } from './model/run/plan.js'
export type { ChangedPath, PartChange, PlanReason } from './model/run/plan-reason.js'
export type { AssembleEntry, AssembleOptions, Assembly } from './operations/images/assemble.js'
export type { CopyOptions, CopyResult } from './operations/images/copy.js'
export type { InspectedImage, Inspection } from './operations/images/inspect.js'
export { assemble, copy, inspect, promote, remove, tags } from './operations/images/on-images.js'
export type { PromotedTag, PromoteOptions } from './operations/images/promote.js'
export type {
  EmulationPolicy,
  ExecuteOptions,
  ImageOptions,
  LockOptions,
  OperationOptions,
  PipelineOptions,
  PipelinesAndOptions,
  PlanOptions,
  PruneOptions,
} from './operations/options.js'
export type { OutputFields, OutputOption, OutputType } from './operations/outputs/output-option.js'
export type { PrunedTag } from './operations/prune/prune.js'
export type { LockChange, LockResult } from './operations/runs/lock.js'
export type { BuildMetadata, ImageMetadata, PipelineMetadata, PlacedMetadata } from './operations/runs/metadata-file.js'
export { execute, lock, plan, prune } from './operations/runs/on-pipelines.js'
export type { Policy, PolicyMode } from './operations/trust/policy-options.js'
export type { SignOptions } from './operations/trust/sign-options.js'
export { firstCredentials, staticCredentials } from './registry/auth/credentials.js'
export { type DockerCredentialsOptions, dockerConfigCredentials } from './registry/auth/docker-config.js'
export { createRegistry } from './registry/client.js'
export type { CopiedReferrer } from './registry/copy/copy-referrers.js'
export type { RegistryHostOptions, RegistryOptions, RetryBounds } from './registry/options.js'
export type { BlobSource, CredentialStore, Credentials, Registry, RegistryCall } from './registry/port.js'
export type { NodeReport, Report, SignatureReport } from './report/report.js'
export type { ExternalKey } from './trust/keys/signing-key.js'
