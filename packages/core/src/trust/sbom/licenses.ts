import { createHash } from 'node:crypto'
import { parseStanzas } from './stanzas.js'

/** The license of a package as SPDX writes it. */
export interface SpdxLicense {
  readonly expression: string
  /** Names that SPDX does not have, by the reference that the expression has in their place. */
  readonly references: ReadonlyMap<string, string>
}

/** Reads the names of the licenses in a copyright file of Debian; empty if the file is not machine-readable. */
export function debianLicenses(copyright: string): readonly string[] {
  const stanzas = parseStanzas(copyright)
  if (!stanzas[0]?.has('Format')) return []
  const names = stanzas.flatMap((stanza) => stanza.get('License') || [])
  return [...new Set(names)].toSorted()
}

/** Writes declared licenses, all of which apply, as one expression. The library is loaded where packages are listed. */
export async function loadLicenses(): Promise<(declared: readonly string[]) => SpdxLicense> {
  const { default: parse } = await import('spdx-expression-parse')
  const isExpression = (text: string) => {
    try {
      parse(text)
      return true
    } catch {
      return false
    }
  }
  return (declared) => {
    const references = new Map<string, string>()
    const expressions = [...new Set(declared)].map((text) => {
      const expression = [modernExpression(text), text].find(isExpression)
      if (expression !== undefined) return expression
      const reference = licenseReference(text)
      references.set(reference, text)
      return reference
    })
    const [first = '', ...others] = [...new Set(expressions)]
    const all = others.length === 0 ? first : [first, ...others].map(inBrackets).join(' AND ')
    return { expression: all, references }
  }
}

/** Writes names of Debian, and names that SPDX has replaced. @see https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/#license-specification */
function modernExpression(text: string): string {
  return text
    .replaceAll(',', '')
    .split(' ')
    .map((word) => OPERATORS[word] ?? spdxName(word))
    .join(' ')
}

const OPERATORS: Readonly<Record<string, string>> = { and: 'AND', or: 'OR' }
const NAMES: Readonly<Record<string, string>> = {
  Expat: 'MIT',
  'BSD-2-clause': 'BSD-2-Clause',
  'BSD-3-clause': 'BSD-3-Clause',
  'BSD-4-clause': 'BSD-4-Clause',
  Artistic: 'Artistic-1.0-Perl',
}

/** `GPL-2+` is `GPL-2.0-or-later`. */
function spdxName(name: string): string {
  const [, family, version, later] = /^((?:A|L)?GPL|GFDL)-(\d(?:\.\d)?)(\+?)$/.exec(name) ?? []
  if (family === undefined || version === undefined) return NAMES[name] ?? name
  return `${family}-${version.includes('.') ? version : `${version}.0`}-${later ? 'or-later' : 'only'}`
}

const MAX_NAME = 64

/** Equal for equal names, and different for different names. */
function licenseReference(name: string): string {
  const written = name.replaceAll(/[^A-Za-z0-9.]+/g, '-').slice(0, MAX_NAME)
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `LicenseRef-${written}${written === name ? '' : `-${hash}`}`
}

function inBrackets(expression: string): string {
  return expression.includes(' ') ? `(${expression})` : expression
}
