/**
 * Pipelines: their definition, plan and execution.
 *
 * @module \@polyarch/core
 */

export type { BuilderOptions } from './builder/options.js'
export type { RunOptions } from './cli/command.js'
export { run } from './cli/run.js'
export type { AnnotationSettings } from './definition/declare/annotation-settings.js'
export type { AttestationOptions } from './definition/declare/attestation-options.js'
export type { ContextSource, TarSource } from './definition/declare/build-context.js'
export type { SecretSource, SshSource } from './definition/declare/build-secrets.js'
export type { BuildOptions, BuildSettings } from './definition/declare/build-settings.js'
export type { PlatformDeclaration } from './definition/declare/declaration.js'
export { fromImage, type ImageBase } from './definition/declare/image-base.js'
export type { ImageTest, TestedImage, TestFunction, TestSettings } from './definition/declare/image-test.js'
export type { NamedContextSource } from './definition/declare/named-contexts.js'
export type { PerPlatform } from './definition/declare/per-platform.js'
export { type Pipeline, pipeline } from './definition/declare/pipeline.js'
export { platform } from './definition/declare/platform-declaration.js'
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
export type { Platform } from './model/platform.js'
export type { RunEvent, TagChange, WorkEvent } from './model/run/events.js'
export type { NodePlan, Plan, TagPlan } from './model/run/plan.js'
export type { PlanReason } from './model/run/plan-reason.js'
export { execute, lock, plan, prune } from './operations/on-pipelines.js'
export type { ExecuteOptions, LockOptions, PlanOptions, PruneOptions } from './operations/options.js'
export type { OutputOption } from './operations/outputs/output-option.js'
export type { PrunedTag } from './operations/prune/prune.js'
export type { LockChange, LockResult } from './operations/runs/lock.js'
export type { Policy } from './operations/trust/policy-options.js'
export type { SignOptions } from './operations/trust/sign-options.js'
export type { ExecuteReport } from './report/execute-report.js'
export type { LoadedImage, NodeReport, ReadBackResult, Report } from './report/report.js'
export type { ExternalKey } from './trust/keys/signing-key.js'
