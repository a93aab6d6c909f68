import { type ImageName, readImageName } from '../names.js'

/** The image of one platform: `team/app:1.0-arm64` and `linux/arm64`. */
export interface PlatformImage {
  readonly image: string
  readonly platform: string
}

interface NamedImage {
  readonly name: ImageName
  readonly arch: string
  readonly variant: string
}

/**
 * Finds the pattern by which the names of all images are made from a name of their index: `{repository}:{tag}-{arch}`.
 * Undefined if there is none.
 */
export function platformNamesPattern(images: readonly PlatformImage[], indexes: readonly string[]): string | undefined {
  const named = images.map(({ image, platform }) => {
    const [, arch = '', variant = ''] = platform.split('/')
    return { name: readImageName(image), arch, variant }
  })
  if (named.length === 0 || !named.every(hasName)) return undefined
  for (const index of indexes.flatMap((one) => readImageName(one) ?? [])) {
    const found = named
      .flatMap((image) => candidates(image, index))
      .find((pattern) => named.every((image) => expand(pattern, image, index) === written(image.name)))
    if (found !== undefined) return found
  }
  return undefined
}

function hasName(image: { readonly name: ImageName | undefined }): image is NamedImage {
  return image.name !== undefined
}

function written({ repository, tag }: ImageName): string {
  return `${repository}:${tag}`
}

/** Patterns that match the name of one image. */
function candidates({ name, arch, variant }: NamedImage, index: ImageName): readonly string[] {
  const isBeside = name.repository.startsWith(index.repository)
  const suffix = isBeside ? name.repository.slice(index.repository.length) : name.repository
  const [before = '', ...rest] = name.tag.split(index.tag)
  const after = rest.length === 0 ? '' : rest.join(index.tag)
  const isTagged = rest.length > 0
  const forms: readonly ((text: string) => string)[] = [
    (text) => text.replace(arch, '{arch}'),
    (text) => text.replace(arch + variant, '{arch}{variant}'),
    (text) => text.replace(arch, '{arch}').replace(variant || '\0', '{variant}'),
  ]
  return forms
    .map(
      (form) =>
        `${isBeside ? '{repository}' : ''}${form(suffix)}:${form(before)}${isTagged ? '{tag}' : ''}${form(after)}`,
    )
    .filter((pattern) => pattern.includes('{arch}'))
}

function expand(pattern: string, { arch, variant }: NamedImage, { repository, tag }: ImageName): string {
  const values: Readonly<Record<string, string>> = { repository, tag, arch, variant }
  return pattern.replace(/\{(\w+)\}/g, (whole, word: string) => values[word] ?? whole)
}
