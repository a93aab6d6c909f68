const MANAGED_BY = 'polyarch'
const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by'
const NAME_LABEL = 'app.kubernetes.io/name'

/** The label with the name of the builder. */
export const BUILDER_LABEL = 'app.kubernetes.io/instance'

/** The label with the name of the Deployment. */
export const COMPONENT_LABEL = 'app.kubernetes.io/component'

/** The annotation with the platforms of a Deployment, separated by commas. */
export const PLATFORMS_ANNOTATION = 'polyarch.io/platforms'

/** The annotation with the digest of `buildkitd.toml`. */
export const CONFIG_ANNOTATION = 'polyarch.io/config-digest'

/** The labels of all objects of a builder. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export function builderLabels(name: string): Record<string, string> {
  return { [NAME_LABEL]: 'buildkitd', [BUILDER_LABEL]: name, [MANAGED_BY_LABEL]: MANAGED_BY }
}

/** The selector of the objects that polyarch made: of one builder, or of all. */
export function builderSelector(name?: string): string {
  const ownLabel = `${MANAGED_BY_LABEL}=${MANAGED_BY}`
  return name === undefined ? ownLabel : `${ownLabel},${BUILDER_LABEL}=${name}`
}
