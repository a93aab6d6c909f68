import { stripVTControlCharacters } from 'node:util'
import type { CodeCheck, RunEvent } from '../model/events.js'

/** Foreign text without what a terminal would obey: escape sequences and control characters, save line ends and tabs. */
export function withoutControls(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n')).replace(/[^\P{Cc}\n\t]/gu, '')
}

/** Foreign text as one line. */
export function oneLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ').trim()
}

/** That a build starts anew on another engine, and why. */
export function movedText({ node, engine, error }: Extract<RunEvent, { readonly kind: 'node-moved' }>): string {
  return `${node}: ${error.message.split('\n', 1)[0]}; starts anew on ${engine}`
}

/** Whether the machine code of an image leaves nothing to tell. */
export function isAsDeclared({ verdict }: CodeCheck): boolean {
  return verdict === 'match' || verdict === 'as-base'
}

/** What the machine code of an image says. */
export function codeText({ verdict, path, found, because, allowed }: CodeCheck): string {
  if (verdict === 'unknown') return `its machine code is not known: ${because}`
  if (verdict === 'as-base') return 'its machine code is that of its base, which was compared before'
  const fact = `${path} is machine code for ${found}`
  return allowed ? `${fact}; the declaration is trusted` : fact
}
