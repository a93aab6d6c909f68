import Docker from 'dockerode'
import { expect } from 'vitest'

/** Removes all images and build caches from an engine of a test's own, given by `unix://…`. */
export async function forgetBuilds(address: string): Promise<void> {
  const docker = new Docker({ socketPath: address.replace(/^unix:\/\//, '') })
  await docker.pruneImages({ filters: { dangling: { false: true } } })
  await docker.pruneBuilder({ all: true } as object)
  const { BuildCache: left } = (await docker.df()) as { readonly BuildCache: readonly unknown[] | null }
  expect(left ?? []).toEqual([])
}
