import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '../support/child.js'
import { startOnTerminal } from './on-terminal.js'
import { type Stage, stage } from './stage.js'

/** The line as typed, and what the shell offers for it; without an offer, the names of files. */
const LINES: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ['polyarch ins', ['inspect']],
  ['polyarch copy --all', ['--allow-removal']],
  ['polyarch assemble --duplicates ', ['refuse', 'last']],
  ['polyarch completion ', ['bash', 'zsh', 'fish']],
  ['polyarch build.ts pl', ['plan']],
  ['polyarch build.ts plan --exi', ['--exit-code']],
  ['npx tsx build.ts ap', ['app']],
  ['npx tsx build.ts plan ap', ['app']],
  ['npx tsx build.ts --only plan gra', ['graph']],
  ['node build.ts --progress ', ['auto', 'tty', 'plain', 'json', 'quiet']],
  ['./build.ts --progress pl', ['plain']],
  ['polyarch report ev', ['events.jsonl']],
]

const SHELLS = {
  bash: ['bash', '--norc', '--noprofile', '-i'],
  zsh: ['zsh', '--no-rcs', '-i'],
} as const

describe('completion', () => {
  let set: Stage
  let env: NodeJS.ProcessEnv

  beforeAll(async () => {
    set = await stage()
    env = { PATH: process.env['PATH'], HOME: join(set.folder.path, 'home') }
    await set.folder.write({ 'events.jsonl': '' })
    for (const shell of ['bash', 'zsh', 'fish']) {
      const own = await set.folder.run(['completion', shell])
      const tool = await set.folder.polyarch(['completion', shell])
      expect([own, tool]).toMatchObject([
        { exitCode: 0, stderr: '' },
        { exitCode: 0, stderr: '' },
      ])
      await writeFile(join(set.folder.path, `completion.${shell}`), own.stdout + tool.stdout)
    }
  })
  afterAll(() => set[Symbol.asyncDispose]())

  it.each(LINES)('fish offers for "%s": %j', async (typed, offered) => {
    const script = `source completion.fish; complete -C '${typed}'`
    const { stdout } = await runProgram('fish', ['--no-config', '-c', script], { cwd: set.folder.path, env })
    const words = stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t', 1)[0]]))
    expect(words.toSorted()).toEqual(offered.toSorted())
  })

  for (const [shell, command] of Object.entries(SHELLS)) {
    it.each(LINES)(`${shell} offers for "%s": %j`, async (typed, offered) => {
      await using terminal = startOnTerminal(command, { cwd: set.folder.path, env, columns: 100, rows: 30 })
      terminal.type(`PS1='READY>'; unset zle_bracketed_paste; . ./completion.${shell}\r`)
      await terminal.shows(/^READY>/m)
      terminal.type(offered.length === 1 ? `${typed}\t` : `${typed}\t\t`)
      const [only, ...others] = offered
      if (others.length > 0) {
        for (const word of offered) await terminal.shows(new RegExp(`^(?!READY>).*\\b${word}\\b`, 'm'))
      } else if (only !== undefined) {
        const before = typed.slice(0, typed.lastIndexOf(' ') + 1)
        await terminal.shows(new RegExp(`^READY>${escapePattern(before + only)} ?$`, 'm'))
      }
      terminal.type('\u0015exit\r')
      await terminal.ended
    })
  }
})

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
