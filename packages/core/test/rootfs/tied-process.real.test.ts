import { once } from 'node:events'
import { access, readdir, readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { startProgram } from '../../../../test/support/child.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { spawnTied } from '../../src/rootfs/program/tied-process.js'

const SCRIPT = fileURLToPath(new URL('./run-tied.ts', import.meta.url))
const cleanup = new Cleanup()
let folder = ''
beforeEach(async () => {
  folder = cleanup.use(await tempFolder('tied')).path
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** A shell command that mounts something in its scratch folder, says who it is, and would go on for long. */
const MOUNTS =
  'mkdir "$TMPDIR/in"; mount -t tmpfs none "$TMPDIR/in"; touch "$TMPDIR/in/file"; sleep 600 & echo $!; wait'

const nothingIsLeft = () => expect.poll(() => readdir(folder), { timeout: 20_000 }).toEqual([])

function isRunning(pid: string): Promise<boolean> {
  return access(`/proc/${pid}`).then(
    () => true,
    () => false,
  )
}

describe('a program that is tied to this process', () => {
  it('gives its output and its exit code, and its scratch folder goes with it', async () => {
    const program = 'echo err >&2; touch "$TMPDIR/file"; dirname "$TMPDIR"; ls "$TMPDIR"; exit 3'
    const { child, stop } = spawnTied(['sh', '-c', program], { ...process.env, TMPDIR: folder })
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    expect({ out, err, code }).toEqual({ out: `${folder}\nfile\n`, err: 'err\n', code: 3 })
    stop()
    await nothingIsLeft()
  })

  it('ends with all that it has started when it is stopped', async () => {
    const { child, stop } = spawnTied(['sh', '-c', MOUNTS], { ...process.env, TMPDIR: folder })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const pid = line.toString().trim()
    expect(await isRunning(pid)).toBe(true)
    stop()
    await once(child, 'close')
    await nothingIsLeft()
    expect(await isRunning(pid)).toBe(false)
  })

  it('ends if this process is killed, and leaves neither files nor mounts', async () => {
    let pid: string
    {
      await using started = await startProgram({
        command: process.execPath,
        args: ['--import', 'tsx', SCRIPT, 'sh', '-c', MOUNTS],
        readyLine: (line) => /^\d+$/.exec(line)?.[0],
        env: { TMPDIR: folder },
        stopSignal: 'SIGKILL',
      })
      pid = started.ready
      expect((await readdir(folder)).some((name) => name.startsWith('polyarch.'))).toBe(true)
      expect(await isRunning(pid)).toBe(true)
    }
    const left = async () => (await readdir(folder)).filter((name) => name.startsWith('polyarch.'))
    await expect.poll(left, { timeout: 20_000 }).toEqual([])
    expect(await isRunning(pid)).toBe(false)
    expect(await readFile('/proc/mounts', 'utf8')).not.toContain(folder)
  })
})
