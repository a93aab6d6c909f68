import { suggest } from '../definition/issues.js'
import { DefinitionError } from '../model/errors.js'
import { formatPlatform, parsePlatform, samePlatform, unreadablePlatform } from '../model/platform.js'
import type { NodeReport, Report } from './report.js'

/** What `execute` returns: the report, and the names of loaded images. */
export interface ExecuteReport extends Report {
  /**
   * Returns the name of an image that the run has loaded into the engine: its repository and digest. A container
   * started from it runs exactly what was published.
   *
   * @param platform - `linux/arm/v7`
   * @param pipeline - the name of the pipeline; required if several pipelines have the platform
   * @throws DefinitionError USAGE if the run has no such image, or has not loaded it
   * @example
   * ```ts
   * const report = await execute(app, { load: true })
   * const container = await new GenericContainer(report.image('linux/amd64')).start()
   * ```
   */
  image(platform: string, pipeline?: string): string
}

/** Adds `image` to a report, as a property that JSON, copies and comparisons ignore. */
export function withLoadedImages(report: Report): ExecuteReport {
  const image: ExecuteReport['image'] = (platform, pipeline) => loadedImage(report, platform, pipeline)
  return Object.defineProperty({ ...report }, 'image', { value: image }) as ExecuteReport
}

function loadedImage({ nodes, loaded = [] }: Report, platform: string, pipeline: string | undefined): string {
  const image = chooseImage(
    nodes.filter(({ kind }) => kind === 'image'),
    platform,
    pipeline,
  )
  const found = loaded.find((one) => one.pipeline === image.pipeline && isFor(one, image))
  if (found !== undefined) return found.reference
  const text = formatPlatform(image.platform)
  throw usageError(
    `the image of ${image.pipeline} for ${text} is not loaded into the engine`,
    `load it: execute(…, { load: ['${text}'] })`,
  )
}

type PlatformImage = Pick<NodeReport, 'pipeline'> & Required<Pick<NodeReport, 'platform'>>

function chooseImage(images: readonly NodeReport[], text: string, pipeline: string | undefined): PlatformImage {
  const pipelines = [...new Set(images.map((one) => one.pipeline))]
  if (pipeline !== undefined && !pipelines.includes(pipeline)) {
    throw usageError(`the run has no pipeline '${pipeline}'`, suggest(pipeline, pipelines))
  }
  const platform = parsePlatform(text)
  if (platform === undefined) {
    const { message, hint } = unreadablePlatform(text)
    throw usageError(message, hint)
  }
  const own = images.flatMap(({ platform: one, pipeline: name }) =>
    one !== undefined && (pipeline === undefined || name === pipeline) ? [{ pipeline: name, platform: one }] : [],
  )
  const [found, ...others] = own.filter((one) => samePlatform(one.platform, platform))
  if (found === undefined) {
    const available = [...new Set(own.map((one) => formatPlatform(one.platform)))].join(', ')
    throw usageError(`the run has no image for ${formatPlatform(platform)}`, `platforms: ${available}`)
  }
  if (others.length === 0) return found
  const names = [found, ...others].map((one) => one.pipeline)
  const example = `image('${formatPlatform(platform)}', '${found.pipeline}')`
  throw usageError(`${names.join(' and ')} have an image for ${formatPlatform(platform)}`, `name one: ${example}`)
}

function isFor(one: Required<Pick<NodeReport, 'platform'>>, { platform }: PlatformImage): boolean {
  return samePlatform(one.platform, platform)
}

function usageError(message: string, hint: string): DefinitionError {
  return new DefinitionError([{ path: 'image', message, hint }], 'USAGE')
}
