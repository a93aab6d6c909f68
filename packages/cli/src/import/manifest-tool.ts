import { isObject } from './bake/bake-file.js'
import { codeOf } from './code.js'
import { type ImportResult, writeDefinition } from './definition.js'
import { readImageName, unreadable } from './names.js'

const HINT = 'correct the file as manifest-tool documents it'

/** Whether parsed YAML is a file of manifest-tool. */
export function isManifestToolFile(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && typeof value['image'] === 'string' && Array.isArray(value['manifests'])
}

/**
 * Writes a `build.ts` that makes the index of a file of manifest-tool.
 *
 * @see https://github.com/estesp/manifest-tool#create-from-spec
 */
export function importManifestTool(value: Readonly<Record<string, unknown>>, source: string): ImportResult {
  const { image, tags, manifests, ...others } = value
  const notes = Object.entries(others).map(([name, one]) => `'${name}' has no counterpart: ${codeOf(one)}`)
  const name = readImageName(String(image))
  if (name === undefined) throw unreadable(source, `'${String(image)}' is not an image name`, 'correct the field image')
  const entries = (manifests as readonly unknown[]).map((entry) => entryOf(entry, source, notes))
  const isTagList = Array.isArray(tags) && tags.every((tag) => ['string', 'number'].includes(typeof tag))
  if (tags !== undefined && tags !== null && !isTagList) throw unreadable(source, "'tags' is not a list of tags", HINT)
  if ((manifests as readonly unknown[]).length === 0) throw unreadable(source, "'manifests' is an empty list", HINT)
  const names = [name.tag, ...((tags ?? []) as readonly unknown[]).map(String)].map(
    (tag) => `${name.repository}:${tag}`,
  )
  const indexes = [{ names: [...new Set(names)], entries }]
  return writeDefinition({ source, pipelines: [], run: [], indexes, notes })
}

function entryOf(value: unknown, source: string, notes: string[]): unknown {
  const { image, platform = {}, ...unread }: Readonly<Record<string, unknown>> = isObject(value) ? value : {}
  if (typeof image !== 'string') throw unreadable(source, 'an entry of the manifests has no image', HINT)
  const name = readImageName(image)
  if (name === undefined) throw unreadable(source, `'${image}' is not an image name`, 'correct the manifests')
  for (const [field, one] of Object.entries(unread)) {
    notes.push(`${image}: '${field}' has no counterpart: ${codeOf(one)}`)
  }
  const { os, architecture, variant, ...others }: Readonly<Record<string, unknown>> = isObject(platform) ? platform : {}
  const isRead =
    isObject(platform) && [os, architecture, variant].every((one) => one == null || typeof one === 'string')
  if (!isRead) throw unreadable(source, `the platform of '${image}' is not os, architecture and variant`, HINT)
  for (const [field, one] of Object.entries(others)) {
    const from = field.startsWith('os.') ? "taken from the image's config" : 'without a counterpart'
    notes.push(`${image}: '${field}' of the platform is ${from}: ${codeOf(one)}`)
  }
  const full = `${name.repository}:${name.tag}`
  if (!architecture && (os || variant)) {
    throw unreadable(source, `the platform of '${image}' has no architecture`, HINT)
  }
  return architecture
    ? { image: full, platform: [os || 'linux', architecture, variant].filter(Boolean).join('/') }
    : full
}
