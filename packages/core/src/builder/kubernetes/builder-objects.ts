import { createHash } from 'node:crypto'
import type { Deployment } from 'kubernetes-types/apps/v1.js'
import type { ConfigMap, Container, PodSpec } from 'kubernetes-types/core/v1.js'
import { formatPlatform, runsNatively } from '../../model/platform.js'
import type { BuilderDefinition, PlatformSet } from './builder-definition.js'
import { builderLabels, COMPONENT_LABEL, CONFIG_ANNOTATION, PLATFORMS_ANNOTATION } from './builder-labels.js'
import { BUILDKIT_CONTAINER } from './workload-pods.js'

/** An object that a builder consists of. */
export type BuilderObject = (ConfigMap | Deployment) & { readonly metadata: { readonly name: string } }

const CONFIG_DIRECTORY = '/etc/buildkit'
const CONFIG_FILE = 'buildkitd.toml'

/** The user and the paths of BuildKit's rootless image. @see https://github.com/moby/buildkit/blob/v0.20.0/docs/rootless.md */
const ROOTLESS_USER = 1000
const STATE_DIRECTORY = { privileged: '/var/lib/buildkit', rootless: '/home/user/.local/share/buildkit' } as const

/**
 * The objects of a builder, in the order in which they are applied.
 *
 * @param namespace - by default the one of kubectl's context
 */
export function builderObjects(definition: BuilderDefinition, namespace?: string): readonly BuilderObject[] {
  const { name, config, platformSets } = definition
  const metadata = { ...(namespace !== undefined && { namespace }), labels: builderLabels(name) }
  const names = deploymentNames(definition)
  const configMap: readonly BuilderObject[] =
    config === undefined
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: configName(name), ...metadata },
            data: { [CONFIG_FILE]: config },
          },
        ]
  return [...configMap, ...platformSets.map((set, at) => deployment(definition, set, names[at] ?? name, metadata))]
}

/** The name of the builder if there is one set; else with the architecture of each set, and a number if that is used twice. */
function deploymentNames({ name, platformSets }: BuilderDefinition): readonly string[] {
  if (platformSets.length === 1) return [name]
  const architectures = platformSets.map(({ platforms: [native] }) => native.architecture)
  return architectures.map((architecture, at) => {
    const before = architectures.slice(0, at).filter((one) => one === architecture).length
    return `${name}-${architecture}${before === 0 ? '' : `-${before + 1}`}`
  })
}

function configName(builder: string): string {
  return `${builder}-config`
}

function deployment(
  definition: BuilderDefinition,
  set: PlatformSet,
  name: string,
  metadata: { readonly namespace?: string; readonly labels: Readonly<Record<string, string>> },
): BuilderObject {
  const { config } = definition
  const { platforms, replicas } = set
  const labels = { ...metadata.labels, [COMPONENT_LABEL]: name }
  const annotations = { [PLATFORMS_ANNOTATION]: platforms.map(formatPlatform).join(',') }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...metadata, labels, annotations },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          // Pods read their configuration at the start: another one replaces them.
          ...(config !== undefined && { annotations: { [CONFIG_ANNOTATION]: digestOf(config) } }),
        },
        spec: podSpec(definition, set, labels),
      },
    },
  }
}

function podSpec(definition: BuilderDefinition, set: PlatformSet, labels: Record<string, string>): PodSpec {
  const { emulatorImage, config, name } = definition
  const { nodeSelector, tolerations } = set
  const [native, ...others] = set.platforms
  // An emulator would also run what the cluster node runs natively.
  const foreign = others.filter((platform) => !runsNatively(native, platform))
  const emulated = [...new Set(foreign.map(({ architecture }) => architecture))]
  return {
    nodeSelector: {
      'kubernetes.io/os': native.os,
      'kubernetes.io/arch': native.architecture,
      ...nodeSelector,
    },
    ...(tolerations.length > 0 && {
      tolerations: tolerations.map(({ key, value, effect }) => ({
        key,
        ...(value === undefined ? { operator: 'Exists' } : { operator: 'Equal', value }),
        ...(effect !== undefined && { effect }),
      })),
    }),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: labels },
      },
    ],
    ...(emulatorImage !== undefined && emulated.length > 0 && { initContainers: [emulators(emulatorImage, emulated)] }),
    containers: [buildkitd(definition, set)],
    volumes: [
      { name: 'state', emptyDir: {} },
      ...(config === undefined ? [] : [{ name: 'config', configMap: { name: configName(name) } }]),
    ],
  }
}

/** Emulators are registered in the kernel of the cluster node. @see https://github.com/tonistiigi/binfmt */
function emulators(image: string, architectures: readonly string[]): Container {
  return {
    name: 'emulators',
    image,
    args: ['--install', architectures.join(',')],
    securityContext: { privileged: true },
  }
}

function buildkitd({ image, rootless, config }: BuilderDefinition, { requests, limits }: PlatformSet): Container {
  const args = [
    ...(rootless ? ['--oci-worker-no-process-sandbox'] : []),
    ...(config === undefined ? [] : ['--config', `${CONFIG_DIRECTORY}/${CONFIG_FILE}`]),
  ]
  const resources = { ...(hasAny(requests) && { requests }), ...(hasAny(limits) && { limits }) }
  return {
    name: BUILDKIT_CONTAINER,
    image,
    ...(args.length > 0 && { args }),
    // No liveness probe: a busy buildkitd would be killed, and its builds with it.
    readinessProbe: { exec: { command: ['buildctl', 'debug', 'workers'] }, periodSeconds: 10, timeoutSeconds: 10 },
    ...(hasAny(resources) && { resources }),
    securityContext: rootless
      ? {
          seccompProfile: { type: 'Unconfined' },
          appArmorProfile: { type: 'Unconfined' },
          runAsUser: ROOTLESS_USER,
          runAsGroup: ROOTLESS_USER,
        }
      : { privileged: true },
    volumeMounts: [
      { name: 'state', mountPath: STATE_DIRECTORY[rootless ? 'rootless' : 'privileged'] },
      ...(config === undefined ? [] : [{ name: 'config', mountPath: CONFIG_DIRECTORY, readOnly: true }]),
    ],
  }
}

function hasAny(value: object): boolean {
  return Object.keys(value).length > 0
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
