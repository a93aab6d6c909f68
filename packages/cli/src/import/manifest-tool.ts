import { isObject, textMap, texts } from './bake/bake-file.js'
import { type ImportedIndex, type ImportResult, writeDefinition } from './definition.js'
import { readImageName, unreadable } from './names.js'

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
  const notes = Object.keys(others).map((name) => `'${name}' has no counterpart`)
  const name = readImageName(String(image))
  if (name === undefined) throw unreadable(source, `'${String(image)}' is not an image name`, 'correct the field image')
  const entries = (manifests as readonly unknown[]).map((entry) => entryOf(entry, source, notes))
  const names = [name.tag, ...texts(tags)].map((tag) => `${name.repository}:${tag}`)
  const indexes = [...new Set(names)].map((one): ImportedIndex => ({ name: one, comments: [], entries }))
  return { text: writeDefinition({ source, pipelines: [], run: [], indexes, notes }), notes }
}

function entryOf(value: unknown, source: string, notes: string[]): unknown {
  const { image, platform, ...unread }: Readonly<Record<string, unknown>> = isObject(value) ? value : {}
  const name = readImageName(String(image))
  if (name === undefined) throw unreadable(source, `'${String(image)}' is not an image name`, 'correct the manifests')
  for (const field of Object.keys(unread)) notes.push(`${String(image)}: '${field}' has no counterpart`)
  const { os = 'linux', architecture = '', variant, ...others } = textMap(platform)
  for (const field of Object.keys(others)) {
    const from = field.startsWith('os.') ? "taken from the image's config" : 'without a counterpart'
    notes.push(`${String(image)}: '${field}' of the platform is ${from}`)
  }
  const written = [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
  const full = `${name.repository}:${name.tag}`
  return architecture === '' ? full : { image: full, platform: written }
}
