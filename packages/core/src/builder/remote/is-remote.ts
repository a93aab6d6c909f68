import type { ResolvedBuilder } from '../options.js'

/** Addresses of a BuildKit of its own, in place of that of a Docker Engine. */
const REMOTE = /^(?:buildkit\+\w+|docker-container|podman-container|kube-pod|kubernetes):/

/** Whether options name a BuildKit of its own; BUILDKIT_HOST names no other. */
export function isRemote({ host, command, env }: Pick<ResolvedBuilder, 'host' | 'command' | 'env'>): boolean {
  return command !== undefined || (host ? REMOTE.test(host) : Boolean(env['BUILDKIT_HOST']))
}
