#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { isScript, runScript } from './script.js'

/** The file that `polyarch` runs if it is called without arguments. */
const DEFAULT_SCRIPT = 'build.ts'

async function main(words: readonly string[]): Promise<void> {
  const [first = existsSync(DEFAULT_SCRIPT) ? DEFAULT_SCRIPT : ''] = words
  if (isScript(first)) return runScript(first, words.slice(1))
  const [{ runStandalone }, { importCommand }] = await Promise.all([
    import('@polyarch/core/cli'),
    import('./import/import-command.js'),
  ])
  await runStandalone([importCommand])
}

await main(process.argv.slice(2))
