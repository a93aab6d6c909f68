import { readFile } from 'node:fs/promises'
import type { ImageConfig } from '../../packages/core/src/model/oci.js'
import { formatPlatform, type Platform } from '../../packages/core/src/model/platform.js'
import { busyboxPath } from '../../scripts/setup/busybox.mjs'
import { type TinyFile, type TinyImage, tinyImage } from './tiny-image.js'

const DEBIAN_ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['linux/amd64', 'amd64'],
  ['linux/arm/v7', 'armhf'],
  ['linux/arm64', 'arm64'],
])

const APPLETS =
  'cat chmod cp date echo env false find grep head id ls mkdir mv printf pwd rm sed sh sha256sum sleep sort stat tail test touch true uname wc'

/** What a base of busybox is to be like. */
export interface BusyboxImageOptions {
  readonly platform: Platform
  /** The platform of its machine code; the image's own by default. */
  readonly codePlatform?: Platform
  /** What the config states instead of the platform. */
  readonly configPlatform?: Platform
  /** On top of the programs. */
  readonly files?: Readonly<Record<string, TinyFile>>
  readonly config?: ImageConfig['config']
  readonly dialect?: 'oci' | 'docker'
}

/** An image that can be built on and run: a shell and the usual small programs, for amd64, arm/v7 and arm64. */
export async function busyboxImage(options: BusyboxImageOptions): Promise<TinyImage> {
  const { codePlatform, files, ...rest } = options
  const code = codePlatform ?? options.platform
  return tinyImage({ config: { Cmd: ['/bin/sh'] }, ...rest, files: { ...(await busyboxFiles(code)), ...files } })
}

/** The files of {@link busyboxImage}, for a root file system archive. */
export async function busyboxFiles(platform: Platform): Promise<Readonly<Record<string, TinyFile>>> {
  const links = APPLETS.split(' ').map((applet) => [`bin/${applet}`, { linkTo: 'busybox' }] as const)
  return {
    'bin/busybox': { content: await readBusybox(platform), mode: 0o755 },
    ...Object.fromEntries(links),
    'etc/passwd': 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n',
    'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
    'etc/os-release': `ID=tiny\nPRETTY_NAME="tiny ${formatPlatform(platform)}"\n`,
  }
}

async function readBusybox(platform: Platform): Promise<Uint8Array> {
  const architecture = DEBIAN_ARCHITECTURES.get(formatPlatform(platform))
  if (architecture === undefined) throw new Error(`there is no busybox of ${formatPlatform(platform)} for tests`)
  try {
    return await readFile(busyboxPath(architecture))
  } catch (cause) {
    throw new Error('the busybox that tests need has not been fetched: run `npm test`, which does', { cause })
  }
}
