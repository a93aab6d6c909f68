import { parseJson } from '../../model/json.js'
import { objectOf, textOf } from '../../model/json-fields.js'
import type { Package } from './package.js'
import { parseStanzas } from './stanzas.js'

/** Whether a file describes a package that npm has installed. */
export function isNpmPackage(path: string): boolean {
  return /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path)
}

/** Reads the package of a `package.json`; empty if it has no name or version. */
export function npmPackages(json: string): readonly Package[] {
  const { name, version, license } = fieldsOf(json)
  const [named, versioned] = [textOf(name), textOf(version)]
  if (!named || !versioned) return []
  // Old packages have an object.
  const licensed = textOf(license) ?? textOf(objectOf(license)['type'])
  return [{ type: 'npm', name: named, version: versioned, ...(licensed && { licenses: [licensed] }) }]
}

/** Whether a file describes a Python package. @see https://packaging.python.org/en/latest/specifications/recording-installed-packages/ */
export function isPythonPackage(path: string): boolean {
  return /\.(?:dist-info\/METADATA|egg-info\/PKG-INFO|egg-info)$/.test(path)
}

/** Reads the package of a `METADATA` or `PKG-INFO`. */
export function pythonPackages(metadata: string): readonly Package[] {
  const [fields] = parseStanzas(metadata.replaceAll('\r\n', '\n'))
  const [name, version] = [fields?.get('Name'), fields?.get('Version')]
  if (!name || !version) return []
  const license = fields?.get('License-Expression') ?? fields?.get('License')
  return [{ type: 'pypi', name, version, ...(license && license !== 'UNKNOWN' && { licenses: [license] }) }]
}

function fieldsOf(json: string) {
  try {
    return objectOf(parseJson(json))
  } catch {
    return {}
  }
}
