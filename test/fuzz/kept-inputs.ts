import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where inputs that a target has failed on are kept. */
export function inputFolder(target: string): string {
  return fileURLToPath(new URL(`inputs/${target}`, import.meta.url))
}

/** Inputs that a target has failed on once. */
export function keptInputs(target: string): readonly Buffer[] {
  const folder = inputFolder(target)
  return existsSync(folder) ? readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`)) : []
}
