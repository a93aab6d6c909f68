import { assemble, copy, inspect, remove, tags } from '@polyarch/core/images'

/** Joins images that two machines have built and pushed into one index. */
export async function join(repository: string, version: string): Promise<string> {
  const { digest, notes } = await assemble(`${repository}:${version}`, [
    `${repository}-amd64:${version}`,
    { image: `${repository}-arm:${version}`, platform: 'linux/arm/v7' },
  ])
  for (const note of notes) console.log(note)
  return digest
}

/** Puts another image in the place of the one for a Raspberry Pi; the others stay. */
export async function replaceArm(image: string, arm: string): Promise<void> {
  await assemble(image, [image, { image: arm, platform: 'linux/arm/v7' }], { duplicates: 'last' })
}

/** Makes a release of a candidate: same bytes, same digest, another name. */
export async function release(repository: string, candidate: string, version: string): Promise<void> {
  await copy(`${repository}:${candidate}`, `${repository}:${version}`)
  await remove(`${repository}:${candidate}`)
}

/** Takes what a Raspberry Pi needs along to a place without a network. */
export async function takeAlong(image: string, directory: string): Promise<void> {
  await copy(image, `oci:${directory}:app`, { platforms: ['linux/arm/v7'] })
}

/** Says which platforms each tag has. */
export async function overview(repository: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = (await tags(repository)).map(async (tag) => {
    const { images } = await inspect(`${repository}:${tag}`)
    return [tag, images.map(({ declared, config }) => (declared ?? config)?.architecture ?? 'unknown')] as const
  })
  return new Map(await Promise.all(rows))
}
