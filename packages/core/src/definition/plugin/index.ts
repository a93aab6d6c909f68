/**
 * For plugins: bases by name, with their options.
 *
 * @module \@polyarch/core/plugin
 */

export { formatPlatform, type Platform } from '../../model/platform.js'
export type {
  AptBase,
  AptOverlay,
  BaseAnswer,
  CodePolicy,
  ConfigPolicy,
  MadeBase,
  RegistryBase,
  RootfsBase,
} from './base-source.js'
export { defineBase, type SchemaBase } from './define-base.js'
export { defineDistribution } from './distribution.js'
export type {
  AnyDistributionOptions,
  AptArchive,
  ArchiveRequest,
  DistributionOptions,
  DistributionTable,
  KindArchive,
  Release,
  ReleaseName,
  SupportDates,
  SupportLevel,
} from './distribution-table.js'
export { mirrorIssue } from './kinds/apt-fields.js'
export { keyIssues } from './kinds/openpgp-key.js'
export {
  type Base,
  type BaseIssue,
  type BaseRequest,
  type Bases,
  definePlugin,
  type PlatformAlias,
  type Plugin,
} from './plugin.js'
export type {
  ArchiveState,
  FoundArchive,
  PublishedVerdict,
  RootfsCall,
  RootfsImplementation,
  RootfsKind,
  RootfsTool,
  UsedArchive,
} from './rootfs-kind.js'
export type { SignerRequirement } from './signer-requirement.js'
