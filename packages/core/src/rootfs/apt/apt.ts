import { text } from 'node:stream/consumers'
import type { AptBase } from '../../definition/plugin/base-source.js'
import { platformArchitecture } from '../../definition/plugin/kinds/debian-architectures.js'
import type { PublishedVerdict, RootfsCall, RootfsImplementation } from '../../definition/plugin/rootfs-kind.js'
import { downloadIfThere } from '../download.js'
import { findMirror } from './host-mirror.js'
import { requireMmdebstrap, runMmdebstrap } from './mmdebstrap.js'
import { findNativeTools } from './native-tools.js'
import { overlayBase, parseRelease, readReleases, releaseUrl } from './release-file.js'
import { requireKeys } from './trusted-keys.js'

/** Makes bases from a distribution's package archive. */
export const apt: RootfsImplementation<AptBase> = {
  async prepare(source, { env }) {
    for (const one of archivesOf(source)) await findMirror(one)
    await requireMmdebstrap(env)
    await requireKeys(source)
  },

  async read(source, { signal }) {
    const mirror = await findMirror(source)
    return { mirror, state: await readReleases(mirror, source, signal) }
  },

  async make(source, archive, call, store) {
    const tools = await findNativeTools(platformArchitecture(source.architecture))
    return runMmdebstrap({ source, archive, tools }, call, store)
  },

  async checkPublished(source, call) {
    for (const one of archivesOf(source)) {
      const verdict = await checkRelease(one, call)
      if (verdict.state !== 'true') return verdict
    }
    return { state: 'true' }
  },
}

/** The main archive, and those beside it. */
function archivesOf(source: AptBase): readonly AptBase[] {
  return [source, ...(source.overlays ?? []).map((overlay) => overlayBase(source, overlay))]
}

async function checkRelease(source: AptBase, { signal }: RootfsCall): Promise<PublishedVerdict> {
  const url = releaseUrl(await findMirror(source), source)
  const file = await downloadIfThere(url, signal)
  if (file === undefined) return { state: 'wrong', message: `${url} does not exist` }
  const release = await text(file)
  if (parseRelease(release, source) !== undefined) return { state: 'true' }
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(release)?.[1] ?? 'none'
  const has = `it has ${field('Architectures')}, of ${field('Components')}`
  const what = `${source.architecture} of ${source.components.join(', ')}`
  return { state: 'wrong', message: `${url} has no ${what}; ${has}` }
}
