#!/usr/bin/env node
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readChoice, TEMPLATES, writeProject } from './project.js'

const USAGE = `usage: npm create polyarch [${TEMPLATES.join('|')}] [folder]
  pipeline  create a build.ts and its Dockerfile (default)
  plugin    create a package with your own base and its test; the folder is its name, with or without a scope
  monorepo  create several pipelines that share a base, each in a folder of its own`

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  })
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const templates = fileURLToPath(new URL('../templates', import.meta.url))
  const project = await writeProject({ ...readChoice(positionals), templates, directory: process.cwd() })
  process.stdout.write(`${[...project.files.map((file) => `wrote ${file}`), '', ...project.next].join('\n')}\n`)
  return 0
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: Error) => {
    process.stderr.write(`${error.message}\n\n${USAGE}\n`)
    process.exitCode = 2
  },
)
