/**
 * Builders on Kubernetes: creates, lists and removes them.
 *
 * @module \@polyarch/core/builders
 */

export type { BuilderToleration, ResourceQuantities } from '../../builder/kubernetes/builder-definition.js'
export type { ObjectChange } from '../../builder/kubernetes/managed-objects.js'
export type {
  BuilderCallOptions,
  BuilderManifestOptions,
  CreateBuilderOptions,
  PlatformSetOptions,
  PodOptions,
} from './builder-options.js'
export type { BuilderDeployment, BuilderManifest, KubernetesBuilder } from './kubernetes-builders.js'
export { builderManifests, createBuilder, listBuilders, removeBuilder } from './on-builders.js'
