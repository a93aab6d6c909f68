import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Pipeline, type PlanOptions, plan } from '../../packages/core/src/index.js'
import type { Platform } from '../../packages/core/src/model/platform.js'
import { type BusyboxImageOptions, busyboxImage } from '../support/busybox-image.js'
import { type PushTarget, pushTinyImage } from '../support/push-tiny.js'

/** The two platforms of the recipe. */
export const AMD64: Platform = { os: 'linux', architecture: 'amd64' }
export const ARM: Platform = { os: 'linux', architecture: 'arm', variant: 'v7' }

/** What the final image prints: its base, the platform that it was built for, and a build arg. */
const DOCKERFILE_BODY = `
ARG TARGETPLATFORM
ARG JOBS=none
RUN . /etc/os-release && echo "$PRETTY_NAME for $TARGETPLATFORM with $JOBS jobs" > /built
COPY --chmod=755 say /bin/say
ENV WHO=world
USER nobody
ENTRYPOINT ["/bin/say"]
`

/** Writes a context whose Dockerfile begins with the given lines. */
export async function writeContext(
  directory: string,
  from: string,
  files: Record<string, string> = {},
): Promise<string> {
  const all = {
    Dockerfile: `${from}\n${DOCKERFILE_BODY}`,
    say: '#!/bin/sh\necho "hello $WHO, $(cat /built), as $(id -un)"\n',
    ...files,
  }
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), content)
  }
  await chmod(join(directory, 'say'), 0o755)
  return directory
}

/** Pushes a busybox base, and returns its name. */
export async function pushBase(
  target: PushTarget & { readonly host: string },
  options: BusyboxImageOptions,
): Promise<string> {
  await pushTinyImage(target, await busyboxImage(options), '1')
  return `${target.host}/${target.repository}:1`
}

/**
 * A pipeline that the plan gives to the builder at an address. Addresses of builders differ from run to run, and with
 * them the builder that a pipeline prefers.
 *
 * @param make - makes pipelines of different names
 */
export async function pipelineFor(
  address: string,
  builders: NonNullable<PlanOptions['builders']>,
  make: (at: number) => Pipeline | Promise<Pipeline>,
): Promise<Pipeline> {
  for (let at = 0; ; at += 1) {
    const one = await make(at)
    const { nodes } = await plan(one, { builders })
    if (nodes.some(({ engine }) => engine === address)) return one
  }
}
