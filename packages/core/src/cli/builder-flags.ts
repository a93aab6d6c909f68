import { Option } from 'commander'

/** Flags of the `builder` commands. */
export const BUILDER_FLAGS = {
  platform: () => [
    new Option('--platform <platforms>', 'platforms of one Deployment: linux/arm64,linux/arm/v7 (repeatable)')
      .argParser(collectWhole)
      .default(undefined, 'linux/amd64'),
  ],
  image: () => [new Option('--image <image>', "image of buildkitd (default: BuildKit's current release)")],
  replicas: () => [
    new Option('--replicas <number>', 'pods per Deployment, or linux/arm64=2 for one platform set (repeatable)')
      .argParser(collectWhole)
      .default(undefined, '1'),
  ],
  nodeSelector: () => [
    new Option('--node-selector <label>', 'run on cluster nodes with this key=value (repeatable)').argParser(
      collectWhole,
    ),
  ],
  toleration: () => [
    new Option('--toleration <taint>', 'tolerate this key[=value][:effect] (repeatable)').argParser(collectWhole),
  ],
  request: () => [
    new Option('--request <quantity>', 'request cpu=2 or memory=4Gi per pod (repeatable)').argParser(collectWhole),
  ],
  limit: () => [
    new Option('--limit <quantity>', 'limit each pod to cpu=2 or memory=4Gi (repeatable)').argParser(collectWhole),
  ],
  rootless: () => [new Option('--rootless', 'run buildkitd as an unprivileged user')],
  config: () => [new Option('--config <file>', 'configure buildkitd by this buildkitd.toml')],
  qemu: () => [
    new Option('--qemu', 'register emulators for the other platforms of a set'),
    new Option('--qemu-image <image>', 'the same, with this image instead of tonistiigi/binfmt'),
  ],
  wait: () => [new Option('--wait', 'wait until all pods are ready')],
  dryRun: () => [new Option('--dry-run', 'print the objects as YAML; make no changes')],
  manifestFormat: () => [
    new Option('-o, --output <format>', 'print the objects of --dry-run as yaml or json')
      .choices(['yaml', 'json'])
      .conflicts('json'),
  ],
} as const satisfies Readonly<Record<string, () => readonly Option[]>>

/** A value with commas of its own. */
export function collectWhole(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
