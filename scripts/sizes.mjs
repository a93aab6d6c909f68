// Prints, as a table, what each package weighs and what its import costs. The packages have to be built.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RUNS = 7

/** Milliseconds of processor time that an import takes: of several, the least, since others on the machine only add to it. @param {string} id */
function timeOf(id) {
  const code = `const before = process.cpuUsage(); await import('${id}'); const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000)`
  const run = () => Number(execFileSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: ROOT }))
  return Math.min(...Array.from({ length: RUNS }, run))
}

/** @param {string} folder @returns {{ size: number, unpackedSize: number, files: { path: string }[] }} */
function tarball(folder) {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const [packed] = JSON.parse(
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  if (!hasCode(packed)) throw new Error(`${folder} is not built: npm run build`)
  return packed
}

/** @param {{ files: { path: string }[] }} packed */
function hasCode({ files }) {
  return files.some(({ path }) => path.startsWith('dist/'))
}

/** @param {number} bytes */
const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`
console.log('| package | tarball | unpacked | import |\n|---|---|---|---|')
for (const name of readdirSync(join(ROOT, 'packages'))) {
  const folder = join(ROOT, 'packages', name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const { size, unpackedSize } = tarball(folder)
  const doors = Object.keys(manifest.exports ?? {}).filter((door) => !door.endsWith('.json'))
  const imports = doors.length === 0 ? [''] : doors
  for (const door of imports) {
    const id = manifest.name + door.slice(1)
    const took = door === '' ? 'a program' : `${Math.round(timeOf(id))} ms`
    const weight = door === '.' || door === '' ? [kilobytes(size), kilobytes(unpackedSize)] : ['', '']
    console.log(`| ${id} | ${weight.join(' | ')} | ${took} |`)
  }
}
