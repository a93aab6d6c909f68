import type { Annotated } from './docker-command.js'

/** Ends of names that people give to the image of a platform. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/(amd64|x86[-_]64|x64)$/, 'linux/amd64'],
  [/(arm64|aarch64)(v8)?$/, 'linux/arm64'],
  [/(arm32v6|armv6l?|armel)$/, 'linux/arm/v6'],
  [/(arm32v7|armv7l?|armhf|arm|rpi|pi)$/, 'linux/arm/v7'],
  [/(i?386|x86)$/, 'linux/386'],
  [/ppc64le$/, 'linux/ppc64le'],
  [/s390x$/, 'linux/s390x'],
  [/riscv64$/, 'linux/riscv64'],
]

/** The platform of an annotation, completed by what a name says; undefined if neither says an architecture. */
export function platformOf(image: string, { os, architecture, variant }: Annotated): string | undefined {
  const [namedOs, named, namedVariant] = platformOfName(image)?.split('/') ?? []
  const known = architecture ?? named
  if (known === undefined) return undefined
  const version = variant ?? (architecture === undefined ? namedVariant : architecture === 'arm' ? 'v7' : undefined)
  return [os ?? namedOs ?? 'linux', known, ...(version === undefined ? [] : [version])].join('/')
}

function platformOfName(image: string): string | undefined {
  const [, path = image, tag = ''] = /^(.*?)(?::([^:/]*))?$/.exec(image) ?? []
  return [path, tag].flatMap((part) => WORDS.find(([pattern]) => pattern.test(part))?.[1] ?? [])[0]
}
