import { formatDot } from './dot.js'
import type { Picture } from './picture.js'

/** The picture as SVG, laid out by Graphviz in this process: no program, browser or network is needed. */
export async function formatSvg(picture: Picture): Promise<string> {
  return (await createDrawing())(picture)
}

/** Starts Graphviz, which then draws any number of pictures. Starting takes longer than drawing. */
export async function createDrawing(): Promise<(picture: Picture) => string> {
  // Loaded here: it is more than a megabyte of WebAssembly.
  const { instance } = await import('@viz-js/viz')
  const viz = await instance()
  return (picture) => viz.renderString(formatDot(picture), { format: 'svg', engine: 'dot' })
}
