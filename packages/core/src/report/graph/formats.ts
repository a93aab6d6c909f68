import { escapeJson } from '../escape.js'
import { type Paint, unpainted } from '../paint.js'
import { formatDot } from './dot.js'
import { formatMermaid } from './mermaid.js'
import { formatGraphPage } from './page.js'
import type { Picture } from './picture.js'
import { formatSvg } from './svg.js'
import { formatTree } from './tree.js'

/** The forms that a picture of the graph can have. */
export const PICTURE_FORMATS = ['tree', 'mermaid', 'dot', 'svg', 'html', 'json'] as const

/** One of {@link PICTURE_FORMATS}. */
export type PictureFormat = (typeof PICTURE_FORMATS)[number]

/** Writes a picture in one of its forms. */
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
