import { escapeJson } from './escape.js'
import { formatDot } from './graph/dot.js'
import { formatMermaid } from './graph/mermaid.js'
import type { Picture } from './graph/picture.js'
import { formatSvg } from './graph/svg.js'
import { formatTree } from './graph/tree.js'
import { formatGraphPage } from './html/graph-page.js'
import { type Paint, unpainted } from './paint.js'

/** The formats of a picture of the graph. */
export const PICTURE_FORMATS = ['tree', 'mermaid', 'dot', 'svg', 'html', 'json'] as const

/** One of {@link PICTURE_FORMATS}. */
export type PictureFormat = (typeof PICTURE_FORMATS)[number]

/** Formats a picture. */
export async function formatPicture(
  picture: Picture,
  format: PictureFormat,
  paint: Paint = unpainted,
): Promise<string> {
  switch (format) {
    case 'tree':
      return formatTree(picture, paint)
    case 'mermaid':
      return formatMermaid(picture)
    case 'dot':
      return formatDot(picture)
    case 'svg':
      return formatSvg(picture)
    case 'html':
      return formatGraphPage(picture)
    case 'json':
      return `${escapeJson(picture, 2)}\n`
  }
}
