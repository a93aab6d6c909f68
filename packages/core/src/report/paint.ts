import { styleText } from 'node:util'

/** The styles that output uses. */
export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** Applies a style to text, or returns it unchanged if colours are disabled. */
export type Paint = (style: Style, text: string) => string

/** Paints nothing, for output without colours. */
export const unpainted: Paint = (_style, text) => text

/** Paints with terminal colours. */
export const painted: Paint = (style, text) => styleText(style, text, { validateStream: false })

/** The properties of a stream and of the environment that determine colours. */
export interface ColorChoice {
  readonly stream: { readonly isTTY?: boolean; hasColors?(): boolean }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Selects the paint function for a stream. @see https://no-color.org and https://force-color.org */
export function choosePaint({ stream, env }: ColorChoice): Paint {
  const { FORCE_COLOR: force, NO_COLOR: none } = env
  if (force !== undefined && force !== '') return force === '0' ? unpainted : painted
  if (none !== undefined && none !== '') return unpainted
  return stream.isTTY === true && (stream.hasColors?.() ?? false) ? painted : unpainted
}
